"""Pass 4: the document as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pathways.lang.check_course import check_course
from pathways.lang.check_rules import check_rules
from pathways.lang.check_steps import check_steps
from pathways.lang.compile_reader import Reader
from pathways.lang.plan import Plan


def check_plan(r: Reader, plan: Plan) -> None:
    """Note what is wrong with a plan whose parts are each in order."""
    check_course(r, plan)
    check_steps(r, plan)
    check_rules(r, plan)
    _unused(r)
    for name, evidence in plan.evidence.items():
        if not evidence.checked:
            r.say("evidence_not_checked", ("evidence", name), key=True, name=name)


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
        "ladder": spec.escalations,
        "message": spec.messages,
    }
    titles = {"fact": "facts", "list": "lists", "param": "parameters", "measure": "measures", "ladder": "escalations"}
    for kind, section in sections.items():
        title = titles.get(kind, "messages" if kind == "message" else kind)
        for name in section:
            yield kind, title, name
