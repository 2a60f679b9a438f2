"""Advice: proposed by rules, sent only when a clinician has approved it, judged by what it brought about.

Nothing here orders or prescribes: a proposal is a message of the pathway, and undecided nothing goes out.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pathways.decide.conditions import Truth
from pathways.decide.contact import say
from pathways.decide.occurrences import end, step_run
from pathways.decide.records import Alarm, Occurrence
from pathways.decide.snapshots import snapshot
from pathways.decide.tasks import close_task, open_for
from pathways.decide.texts import text, word
from pathways.lang.plan import Step
from pathways.lang.plan_advice import ADVICE, DECISION, EFFECT, OUTCOMES, WORDING, AdviceRow, AdviseBody
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
ALARM = "advice"


def propose(case: Case, step: Step, o: Occurrence) -> None:
    """Look at the rows and ask the clinician about the first that holds; a proposal that is open is not made twice."""
    body = step.body
    assert isinstance(body, AdviseBody)
    memory = step_run(case, step.path)
    if any(other.task and other.key != o.key for other in case.run.occurrences_of(case, step.path)):
        end(case, o, "skipped", "advice_open")
        return
    number = _row(case, step, body, memory.advised)
    if number is None:
        end(case, o, "skipped", "no_advice")
        return
    row = body.rows[number]
    shown = _shown(snapshot(case, body.show))
    proposal = _proposal(sent_text(case, row), shown)
    memory.proposal = {"row": number, "en": proposal.en, "zh": proposal.zh}
    open_for(case, step, o, body, text("task_advice", step=step.title))
    words = text("advice_proposed", step=step.title, because=row.because)
    key = f"{o.key}:proposed"
    case.run.timeline(case, "advice_proposed", step.path, words, key=key, weight=3, data={"advice": row.advice})


def _row(case: Case, step: Step, body: AdviseBody, advised: dict[str, Json]) -> int | None:
    """The number of the first row that holds. The first unknown one goes straight to ``if: unknown``. Advice that did
    nothing is passed over while it rests."""
    unknown = False
    for number, row in enumerate(body.rows):
        if _rests(case, advised.get(row.advice)):
            continue
        if row.test == "unknown":
            if unknown:
                return number
        elif unknown:
            continue
        elif row.test == "else":
            return number
        else:
            held = case.truth(row.test)
            if held is Truth.TRUE:
                case.run.explain_cond(case, row.path, row.test, step.title)
                return number
            unknown = held is Truth.UNKNOWN
    return None


def _rests(case: Case, known: dict[str, Json] | None) -> bool:
    until = known.get("rests") if known is not None else None
    return until is not None and datetime.fromisoformat(until) > case.run.at


def sent_text(case: Case, row: AdviceRow) -> Text:
    """What the patient would read: the advice and its reason."""
    said = case.plan.messages[row.advice].text
    return Text.model_construct(en=f"{said.en} {row.because.en}", zh=f"{said.zh}{row.because.zh}")


def _proposal(said: Text, shown: str) -> Text:
    data = f" [{shown}]" if shown else ""
    return Text.model_construct(en=said.en + data, zh=said.zh + data)


def _shown(rows: list[dict[str, Json]]) -> str:
    """The data shown with a proposal, each with unit and date; what is not known says so."""
    return "; ".join(f"{row['name']}: {_value(row)}" for row in rows)


def _value(row: dict[str, Json]) -> str:
    if "unknown" in row:
        return "?"
    values = row.get("values")
    if values is not None:
        said = ", ".join(f"{name} {_number(one['value'])} {one['unit']}" for name, one in values.items())
    else:
        said = str(row.get("value", row.get("answers", "")))
    return f"{said} ({str(row.get('at') or '')[:10]})"


def _number(value: str) -> str:
    whole, dot, part = value.partition(".")
    return f"{whole}.{part[:1]}" if dot else whole


# --------------------------------------------------------------------------- decided, expired


def decided(case: Case, o: Occurrence, form: dict[str, Json]) -> None:
    """A clinician has decided: what they approved goes to the patient through the contact governor."""
    step = case.index.steps[o.step]
    body = step.body
    assert isinstance(body, AdviseBody)
    memory = step_run(case, step.path)
    row = body.rows[int(memory.proposal.get("row", 0))]
    outcome = OUTCOMES[form[DECISION]]
    key = o.key
    end(case, o, outcome, form={**form, ADVICE: row.advice}, weight=3)
    if outcome == "refused":
        return
    words = sent_text(case, row)
    if outcome == "edited":
        words = Text.model_construct(en=form[WORDING], zh=form[WORDING])
    say(case, row.advice, f"{key}:advice", words=words)
    memory.advised[row.advice] = {"at": case.run.at.isoformat()}
    at = case.after(case.run.at, body.judged) if body.judged is not None and row.effect is not None else None
    if at is not None:
        number = body.rows.index(row)
        alarm = Alarm(key=f"{key}:effect", enrolment=case.id, what=ALARM, subject=f"{step.path}|{number}", at=at)
        case.run.state.alarms[alarm.key] = alarm
        case.run.live.schedule("alarms", alarm)


def expired(case: Case, o: Occurrence) -> None:
    """Nobody decided in time: it is not sent."""
    task = case.run.state.tasks.get(o.task)
    if task is not None:
        close_task(case, task, "cancelled", by="system", why="expired")
    end(case, o, "expired", weight=4)


# --------------------------------------------------------------------------- judged


def judge(case: Case, alarm: Alarm) -> None:
    """Look at what an advice was to bring about. Where that is not known it is neither."""
    del case.run.state.alarms[alarm.key]
    path, _, number = alarm.subject.partition("|")
    step = case.index.steps.get(path)
    if step is None or case.en.status not in {"active", "paused"}:
        return
    body = step.body
    assert isinstance(body, AdviseBody)
    row = body.rows[int(number)]
    assert row.effect is not None
    held = case.truth(row.effect)
    result = {Truth.TRUE: "worked", Truth.FALSE: "nothing", Truth.UNKNOWN: "unclear"}[held]
    memory = step_run(case, path)
    known = {**memory.advised.get(row.advice, {}), EFFECT: result}
    rests = case.after(case.run.at, body.rests) if body.rests is not None and result == "nothing" else None
    if rests is not None:
        known["rests"] = rests.isoformat()
    memory.advised[row.advice] = known
    memory.form, memory.any_form = {**memory.form, EFFECT: result}, {**memory.any_form, EFFECT: result}
    case.touch("s:" + step.id)
    case.run.explain_cond(case, f"{row.path}.effect", row.effect, step.title)
    words = text("advice_judged", step=step.title, effect=word("effect", result))
    data = {"advice": row.advice, "effect": result}
    case.run.timeline(case, "advice_judged", path, words, key=f"{alarm.key}:judged", weight=3, data=data)
