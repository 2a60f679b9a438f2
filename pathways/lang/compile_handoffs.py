"""Handoffs: from the document to the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import STEP_ALLOW, compile_inline, text
from pathways.lang.compile_reader import Reader
from pathways.lang.plan import Action, HandoffBody, MedicineFilter, Outcome
from pathways.lang.plan_base import Duration, Text
from pathways.lang.plan_handoff_words import CASED, CASES, HANDOFF_WORDS, words_for
from pathways.lang.plan_handoffs import Order, Sent
from pathways.lang.resolve import THROUGHOUT, Scope, form_of
from pathways.lang.source import Path
from pathways.lang.spec_steps import AnyStep, AskStep, HandoffStep, OrderSpec, OutcomeSpec

_TITLES: Final = {
    "pharmacy": text("Medicines from the pharmacy", "药房续方"),
    "referral": text("Referral", "转诊"),
    "insurance": text("Insurer", "保险"),
    "rehab": text("Rehabilitation", "康复"),
    "elder_care": text("Elder care service", "养老服务"),
    "home_nursing": text("Home nursing", "居家护理"),
    "laboratory": text("Laboratory", "检验"),
}
_CASES: Final = {
    "claim": text("Claim to the insurer", "保险理赔"),
    "preauthorisation": text("Prior authorisation by the insurer", "保险预授权"),
    "eligibility": text("Cover by the insurer", "保险资格核查"),
}
_BUNDLE: Final = "supplies ending within "


def handoff_title(spec: HandoffStep) -> Text:
    """A handoff without a title is named after its kind and case."""
    return _CASES.get(spec.case or "") or _TITLES.get(spec.handoff, text("Handoff", "交接"))


def compile_handoff(
    r: Reader, path: Path, spec: HandoffStep, scope: Scope, medicines: MedicineFilter | None
) -> HandoffBody:
    """The body of a handoff. ``medicines``: those of its ``for``."""
    if r.one_of("unknown_handoff", spec.handoff, (*path, "handoff"), HANDOFF_WORDS):
        _words(r, path, spec)
    return HandoffBody(
        machine=spec.handoff,
        partner=spec.to or spec.handoff,
        medicines=medicines,
        deadlines={w: r.duration(d, (*path, "deadlines", w)) for w, d in spec.deadlines.items()},
        outcomes=_outcomes(r, path, spec, scope),
        if_stopped=spec.if_stopped,
        urgency=spec.urgency,
        case=spec.case,
        order=None if spec.order is None else _order(r, (*path, "order"), spec.order, spec.handoff),
        sends=compile_sends(r, (*path, "sends"), spec.sends, scope),
        bundle=None if spec.bundle is None else _bundle(r, path, spec),
    )


def _words(r: Reader, path: Path, spec: HandoffStep) -> None:
    """Its words are those of its kind, and of what an insurer is asked for."""
    if spec.handoff in CASED and spec.case is None:
        r.say("handoff_without_case", path, key=True, kind=spec.handoff, known=", ".join(f"`{c}`" for c in CASES))
    elif spec.handoff not in CASED and spec.case is not None:
        r.say("case_not_asked", (*path, "case"), key=True, kind=spec.handoff)
    words = words_for(spec.handoff, spec.case)
    for word in spec.deadlines:
        good = [w.name for w in words if w.good]
        r.handoff_word(spec.handoff, word, (*path, "deadlines", word), good)
    for word, outcome in spec.outcomes.items():
        r.handoff_word(spec.handoff, word, (*path, "outcomes", word), [w.name for w in words])
        for name, kind in (outcome.keep or {}).items():
            other = _other_kind(spec, name, kind)
            if other is not None:
                r.say("kept_twice", (*path, "outcomes", word, "keep", name), name=name, kind=kind, other=other)


def _other_kind(spec: HandoffStep, name: str, kind: str) -> str | None:
    """Another type under which an earlier outcome keeps the same name."""
    for outcome in spec.outcomes.values():
        found = (outcome.keep or {}).get(name)
        if found is not None:
            return None if found == kind else found
    return None


def _order(r: Reader, path: Path, spec: OrderSpec, kind: str) -> Order:
    if spec.signed_by is None:
        if kind == "pharmacy":
            r.say("order_not_signed", path, key=True)
        for key in ("due", "escalate"):
            if getattr(spec, key) is not None:
                r.say("signature_only", (*path, key), key=True, key_=key)
    else:
        r.role(spec.signed_by, (*path, "signed_by"))
        if spec.due is None:
            r.say("task_without_due", path, key=True)
    if spec.escalate is not None:
        r.ladder(spec.escalate, (*path, "escalate"))
    return Order(
        text=text_of(spec.text),
        code=spec.code,
        signed_by=spec.signed_by,
        due=None if spec.due is None else r.duration(spec.due, (*path, "due")),
        ladder=spec.escalate,
    )


def compile_sends(
    r: Reader, path: Path, names: Sequence[str] | None, scope: Scope, *, ends: bool = False
) -> tuple[Sent, ...]:
    """Names of data that go along, or are shown; with ``ends`` also decisions, and how any step ended."""
    found = [_sent(r, (*path, index), name, scope, ends=ends) for index, name in enumerate(names or ())]
    return tuple(sent for sent in found if sent is not None)


def _sent(r: Reader, path: Path, name: str, scope: Scope, *, ends: bool) -> Sent | None:
    """A name that goes along with the request: a measure, derived value, fact, or step with answers."""
    spec = r.spec
    if name in spec.measures:
        r.symbols.mark("measure", name)
        return Sent(kind="measure", name=name)
    if name in spec.derived:
        r.symbols.mark("derived", name)
        return Sent(kind="derived", name=name)
    if name in spec.facts:
        r.symbols.mark("fact", name)
        return Sent(kind="fact", name=name)
    named = scope.lookup(name)
    if named is not None and named.kind == "step" and _answers(r, named.id, named.phase or scope.phase):
        return Sent(kind="form", name=named.id, phase=named.phase)
    if ends and name in spec.decisions:
        r.symbols.mark("decision", name)
        return Sent(kind="decision", name=name)
    if ends and named is not None and named.kind == "step":
        return Sent(kind="step", name=named.id, phase=named.phase)
    steps = [step for phase, step, body in r.symbols.all_steps() if ends or _has_answers(r, body)]
    known = [*spec.measures, *spec.derived, *spec.facts, *steps]
    r.one_of("not_shown" if ends else "not_sent", name, path, [*known, *spec.decisions] if ends else known)
    return None


def _answers(r: Reader, step: str, phase: str | None) -> bool:
    bodies = [r.symbols.steps_of(place).get(step) for place in (phase or THROUGHOUT, THROUGHOUT)]
    return any(body is not None and _has_answers(r, body) for body in bodies)


def _has_answers(r: Reader, body: AnyStep) -> bool:
    """Whether a step ends with answers, or keeps values of a partner."""
    if isinstance(body, HandoffStep):
        return any(outcome.keep for outcome in body.outcomes.values())
    return isinstance(body, AskStep) or bool(r.symbols.fields(form_of(body)))


def _bundle(r: Reader, path: Path, spec: HandoffStep) -> Duration | None:
    at = (*path, "bundle")
    assert spec.bundle is not None
    said = " ".join(spec.bundle.split())
    if not said.startswith(_BUNDLE):
        r.say("not_one_of", at, key_="bundle", value=spec.bundle, known=f"`{_BUNDLE}<duration>`")
        return None
    if spec.handoff != "pharmacy" or spec.medicines is None or "supply of the medicine" not in (spec.when or ""):
        r.say("bundle_without_supply", at, key=True)
    found = r.duration(said[len(_BUNDLE) :], at, offset=len(_BUNDLE))
    if found.unit not in ("day", "week") or found.amount is None:
        r.say("not_one_of", at, key_="bundle", value=spec.bundle, known=f"`{_BUNDLE}7 days`")
        return None
    return Duration(amount=found.amount * (7 if found.unit == "week" else 1), unit="day")


def _outcomes(r: Reader, path: Path, spec: HandoffStep, scope: Scope) -> dict[str, Outcome]:
    own: dict[str, tuple[Action, ...]] = {}
    for word, outcome in spec.outcomes.items():
        own[word] = compile_inline(r, (*path, "outcomes", word), outcome, scope, STEP_ALLOW)
    made = {
        word: Outcome(word=word, do=_followed(r, path, spec, word, own), keep=_kept(spec, outcome))
        for word, outcome in spec.outcomes.items()
    }
    for other in words_for(spec.handoff, spec.case):
        if other.name not in made and other.unless in made:
            # To the patient it is all one whether the partner would not or could not.
            made[other.name] = Outcome(word=other.name, do=made[other.unless].do)
    return made


def _kept(spec: HandoffStep, outcome: OutcomeSpec) -> dict[str, str]:
    """What is kept at an outcome: its own values, else through its ``as``."""
    for _ in spec.outcomes:
        if outcome.keep is not None or outcome.same_as not in spec.outcomes:
            break
        outcome = spec.outcomes[outcome.same_as]
    return dict(outcome.keep or {})


def _followed(
    r: Reader, path: Path, spec: HandoffStep, word: str, own: dict[str, tuple[Action, ...]]
) -> tuple[Action, ...]:
    """The actions of an outcome, through its ``as``."""
    seen: list[str] = []
    current = word
    while True:
        outcome: OutcomeSpec = spec.outcomes[current]
        if outcome.same_as is None:
            return own[current]
        at = (*path, "outcomes", current, "as")
        if current in seen:
            r.say("outcome_as_circle", (*path, "outcomes", word, "as"), name=outcome.same_as)
            return ()
        seen.append(current)
        if outcome.same_as not in spec.outcomes:
            r.handoff_word(spec.handoff, outcome.same_as, at, spec.outcomes, key=False)
            return ()
        current = outcome.same_as
