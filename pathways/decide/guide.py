"""Guided treat-and-repeat: say what to take, wait for a reading, settle, repeat, or call a person.

See docs/reference/order.md, part "Treat and repeat". Every way out of it is settled or lies with a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pathways.decide.actions import Setting, perform
from pathways.decide.conditions import Finding, Truth, Unknown, finding_to_json
from pathways.decide.contact import Wish, place, say
from pathways.decide.readings import accepted
from pathways.decide.records import Episode, Kept
from pathways.decide.rule_title import title
from pathways.decide.texts import text
from pathways.lang.plan import Action, Escalate, Guide, OpenTask, Rule

if TYPE_CHECKING:
    from pathways.decide.case import Case


def begin(case: Case, rule: Rule, guide: Guide, episode: Episode, first_key: str) -> None:
    """The rule fired: the first round. ``first_key``: of its first message, which the ingest may have written."""
    episode.state = "guiding"
    _round(case, rule, guide, episode, first_key)


def _round(case: Case, rule: Rule, guide: Guide, episode: Episode, first_key: str = "") -> None:
    """Say what to do, and wait for the reading after it; clocks run from when somebody could be told."""
    run = case.run
    episode.round += 1
    episode.from_ = case.after(run.floor, guide.after)
    episode.until = case.after(run.floor, guide.within)
    run.live.schedule("episodes", episode)
    run.watch_again = True
    _told(case, rule, episode, "rule_guides", number=episode.round, of=guide.times + 1)
    perform(case, guide.say, _setting(case, rule, episode, first_key=first_key))
    _remind(case, guide, episode)


def _remind(case: Case, guide: Guide, episode: Episode) -> None:
    """When the wait opens the reading is asked for; of no use after it."""
    opens, closes, key = episode.from_, episode.until, _ask_key(case, episode)
    if opens is None or closes is None:
        return
    if guide.message is not None:
        say(case, guide.message, key, at=opens, expires=closes)
        return
    words = text("remind", step=case.plan.measures[guide.measure].title)
    place(case.run, case, Wish(key, "red", "remind_measure", words, opens, closes, enrolment=case.id, same_as=key))


def _ask_key(case: Case, episode: Episode) -> str:
    return case.key("rules", episode.rule, episode.number, f"round{episode.round}", "ask")


def note(episode: Episode, opened: list[str]) -> None:
    """Tasks that were opened in an episode."""
    episode.tasks = [*episode.tasks, *(key for key in opened if key not in episode.tasks)]
    episode.had_task = episode.had_task or bool(opened)


# --------------------------------------------------------------------------- what comes of a round


def read(case: Case, reading: Kept) -> None:
    """A reading came: those who guide and wait for it look at their rows, whatever the phase is by now."""
    for episode in sorted(case.run.state.episodes.values(), key=lambda e: e.key):
        if episode.enrolment != case.id or episode.state != "guiding":
            continue
        rule = case.index.rules[episode.rule].rule
        guide = rule.guide
        if guide is not None and _is_awaited(case, guide, episode, reading):
            before, case.judging = case.judging, reading
            try:
                _look(case, rule, guide, episode)
            finally:
                case.judging = before


def _is_awaited(case: Case, guide: Guide, episode: Episode, reading: Kept) -> bool:
    spec = case.plan.measures[guide.measure]
    if reading.measure != spec.catalogue or reading.at is None or not accepted(reading, spec):
        return False
    if episode.from_ is None or episode.until is None or reading.key == episode.reading:
        return False
    return episode.from_ <= reading.at <= episode.until


def _look(case: Case, rule: Rule, guide: Guide, episode: Episode) -> None:
    """The first true row acts, the first unknown one is `if: unknown`, none means another round."""
    for row in guide.rows:
        value = case.truth(row.cond)
        if value is Truth.FALSE:
            continue
        case.run.explain_cond(case, row.path, row.cond, title(rule))
        if value is Truth.UNKNOWN:
            _hand_over(case, rule, episode, guide.unknown, "rule_guide_unknown")
        elif row.settled:
            _settle(case, rule, episode, row.do)
        else:
            _hand_over(case, rule, episode, row.do, "rule_guide_found")
        return
    last = guide.rows[-1]
    case.run.explain_cond(case, last.path, last.cond, title(rule))
    if episode.round <= guide.times:
        _withdraw(case, episode)
        _round(case, rule, guide, episode)
        return
    _hand_over(case, rule, episode, guide.afterwards, "rule_guide_in_vain")


def nothing_came(case: Case, episode: Episode) -> None:
    """No reading in time is unknown, never well."""
    rule = case.index.rules[episode.rule].rule
    assert rule.guide is not None
    finding = Finding(rule.guide.path, Truth.UNKNOWN, unknown=Unknown("no_reading"))
    case.run.explain(case, rule.guide.path, "unknown", title(rule), finding_to_json(finding))
    _hand_over(case, rule, episode, rule.guide.unknown, "rule_guide_no_reading")


def _settle(case: Case, rule: Rule, episode: Episode, do: tuple[Action, ...]) -> None:
    """It is well again. A task that the rule itself opened stands until a person completes it."""
    stop(case, episode)
    _told(case, rule, episode, "rule_guide_settled")
    perform(case, do, _setting(case, rule, episode, level="amber", apart=True))
    own = any(isinstance(action, OpenTask | Escalate) for action in rule.do)
    if episode.tasks or (rule.settled_by_task and own):
        episode.state = "open"
    else:
        del case.run.state.episodes[episode.key]


def _hand_over(case: Case, rule: Rule, episode: Episode, do: tuple[Action, ...], why: str) -> None:
    """Guidance ends and people have it: the episode runs until their task is completed."""
    stop(case, episode)
    episode.state = "open"
    _told(case, rule, episode, why, number=episode.round)
    note(episode, perform(case, do, _setting(case, rule, episode)))


def stop(case: Case, episode: Episode) -> None:
    """Nothing more is asked of the patient."""
    if episode.state == "guiding":
        _withdraw(case, episode)
        case.run.watch_again = True


def _withdraw(case: Case, episode: Episode) -> None:
    key = _ask_key(case, episode)
    case.run.cancel_messages([sent for sent in case.run.state.sends if sent == key or sent.startswith(f"{key}:")])


def awaited(case: Case) -> Iterator[tuple[str, str]]:
    """(rule, measure of the catalogue) whose next reading must wake the journey, whatever it says."""
    for episode in sorted(case.run.state.episodes.values(), key=lambda e: e.key):
        guide = case.index.rules[episode.rule].rule.guide if episode.enrolment == case.id else None
        if guide is not None and episode.state == "guiding":
            yield episode.rule, case.plan.measures[guide.measure].catalogue


# --------------------------------------------------------------------------- words


def _setting(
    case: Case, rule: Rule, episode: Episode, *, level: str = "", apart: bool = False, first_key: str = ""
) -> Setting:
    """Keys are of the round, so that the words of a second one are not taken for those of the first."""
    return Setting(
        key=case.key("rules", rule.id, episode.number, f"round{episode.round}"),
        place=rule.path,
        title=title(rule),
        level=level or rule.level,
        episode="" if apart else episode.key,
        first_key=first_key,
    )


def _told(case: Case, rule: Rule, episode: Episode, words: str, **values: object) -> None:
    key = case.key("rules", rule.id, episode.number, f"round{episode.round}", words)
    said = text(words, rule=title(rule), **values)
    data = {"rule": rule.id, "level": rule.level, "round": episode.round}
    case.run.timeline(case, words, rule.path, said, key=key, weight=8, data=data)
