"""A compiled plan as a Mermaid state diagram: phases and ends, with the rows as labels of the ways between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pathways.lang.diagnostics import Language
from pathways.lang.plan import Phase, Plan, Target
from pathways.lang.plan_say import say_duration
from pathways.lang.render_plan import row_test

_SPECIAL = re.compile(r"[:;#\"\n<>]")
_SAID = {":": "：", ";": "；", "#": "＃", '"': "'", "\n": " ", "<": "‹", ">": "›"}


def mermaid(plan: Plan, language: Language = "en") -> str:
    """The text of a ``stateDiagram-v2``."""
    lines = ["stateDiagram-v2", "  direction TB"]
    for phase in plan.phases.values():
        lines.append(f'  state "{_safe(phase.title.in_language(language))}" as {phase.id}')
    for end in plan.ends.values():
        title = end.title.in_language(language) if end.title is not None else end.id
        lines.append(f'  state "{_safe(title)}" as end_{end.id}')
    lines.append(f"  [*] --> {plan.first_phase}")
    for phase in plan.phases.values():
        lines += [f"  {phase.id} --> {to}{_label(label)}" for to, label in _ways(phase, language)]
    lines += [f"  end_{end} --> [*]" for end in plan.ends]
    return "\n".join(lines) + "\n"


def _ways(phase: Phase, language: Language) -> Iterator[tuple[str, str]]:
    for row in (*phase.leave, *phase.at_end):
        said = row_test(row, language)
        if row.target is not None:
            times = f" (≤ {row.up_to})" if row.up_to is not None else ""
            yield _name(row.target), said + times
        if row.afterwards is not None:
            yield _name(row.afterwards), f"{said} (> {row.up_to})"
    if phase.no_later_than is not None:
        yield _name(phase.no_later_than.target), say_duration(phase.no_later_than.after, language)


def _name(target: Target) -> str:
    return target.go if target.go is not None else f"end_{target.end}"


def _label(text: str) -> str:
    return f" : {_safe(text)}" if text else ""


def _safe(text: str) -> str:
    """Text that cannot end a label or start another statement."""
    return _SPECIAL.sub(lambda match: _SAID[match.group()], text)
