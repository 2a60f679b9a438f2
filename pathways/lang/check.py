"""Pass 4: the document as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pathways.lang.check_course import check_course
from pathways.lang.check_decisions import check_decisions
from pathways.lang.check_rules import check_rules
from pathways.lang.check_site import check_against
from pathways.lang.check_steps import check_steps
from pathways.lang.compile_calls import check_calls
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Span
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from pathways.lang.source import Place


def check_plan(r: Reader, plan: Plan) -> None:
    """Note what is wrong with a plan whose parts are each in order."""
    check_course(r, plan)
    check_steps(r, plan)
    check_rules(r, plan)
    check_decisions(r, plan)
    check_calls(r, plan)
    _unused(r)
    _evidence(r, plan)


def _evidence(r: Reader, plan: Plan) -> None:
    for name, evidence in plan.evidence.items():
        if not evidence.checked:
            r.say("evidence_not_checked", ("evidence", name), key=True, name=name)


_STANDS_ALONE = frozenset(
    {
        "no_way_on", "until_without_at_end", "at_end_without_until", "at_end_without_else", "at_end_leads_nowhere",
        "row_after_else", "window_inverted", "window_overlap", "deadlines_out_of_order", "red_without_ladder",
        "red_message_class", "red_ladder_no_incident", "red_working_time", "red_waits_off_duty",
        "rule_without_unknown", "unknown_without_need", "settled_by_no_task", "message_too_long", "never_eligible",
        "evidence_not_checked", "red_ladder_not_always", "channel_not_at_site", "partner_not_at_site",
        "season_not_at_site",
    }
)  # fmt: skip
"""Checks that look at one part of the document only."""
_MISLED = frozenset({"unknown_phase", "unknown_end", "end_for_phase", "phase_for_end", "two_targets"})
"""After these nobody can tell what is reached."""


def check_what_stands(r: Reader, plan: Plan, site: Site | None) -> None:
    """The checks of a document with errors in it: those that speak of a part without any.

    Other findings would be consequences of what is already told.
    """
    told = list(r.found)
    r.found = []
    check_course(r, plan)
    check_steps(r, plan)
    check_rules(r, plan)
    _evidence(r, plan)
    if site is not None:
        check_against(r, plan, site)
    parts = list(_parts(r))
    faults = [part for part in parts if any(_inside(part, s) for s in (*(d.span for d in told), *r.untold))]
    reached = not any(d.code in _MISLED for d in told)
    for d in r.found:
        alone = d.code in _STANDS_ALONE and not any(_inside(part, d.span) for part in faults)
        if alone or (reached and d.code in ("unreachable_phase", "unreachable_end")):
            told.append(d)
    r.found = told


def _inside(part: Span, place: Span) -> bool:
    return part.line <= place.line <= part.end_line


def _parts(r: Reader) -> Iterator[Span]:
    """The parts of a document that are judged each by itself: a rule, a step, a list of rows, a parameter."""
    for section, place in r.source.place.children.items():
        for inner in place.children.values():
            if section != "phases":
                yield _whole(inner)
                continue
            for key, part in inner.children.items():
                yield from (_whole(step) for step in part.children.values()) if key == "steps" else (_whole(part),)


def _whole(place: Place) -> Span:
    start = place.key or place.value
    return Span(start.line, start.column, place.value.end_line, place.value.end_column)


def _unused(r: Reader) -> None:
    """Names that nothing points at. Form fields and kept values may stand for themselves."""
    for kind, section, name in _names(r):
        if f"{kind}.{name}" not in r.symbols.used and f"anchor.{name}" not in r.symbols.used:
            r.say("unused_name", (section, name), key=True, name=name)
    for index, role in enumerate(r.spec.roles or ()):
        if f"role.{role}" not in r.symbols.used:
            r.say("unused_name", ("roles", index), name=role)


def _names(r: Reader) -> Iterator[tuple[str, str, str]]:
    spec = r.spec
    sections: dict[str, Iterable[str]] = {
        "evidence": spec.evidence,
        "fact": spec.facts,
        "list": spec.lists,
        "param": spec.parameters,
        "measure": spec.measures,
        "derived": spec.derived,
        "decision": spec.decisions,
        "ladder": spec.escalations,
        "message": spec.messages,
        "form": spec.forms,
    }
    titles = {
        "fact": "facts", "list": "lists", "param": "parameters", "measure": "measures", "ladder": "escalations",
        "decision": "decisions",
    }  # fmt: skip
    for kind, section in sections.items():
        title = titles.get(kind, "messages" if kind == "message" else kind)
        for name in section:
            yield kind, title, name
