"""What the parts of a plan look at, as tokens: ``m:bp``, ``d:week_mean``, ``f:age``, ``s:review``, ``x:result``."""

from __future__ import annotations

from typing import Any

_TOKENS = {"measure": "m", "derived": "d", "fact": "f", "param": "p", "step": "s", "decision": "x"}


def note_inputs(part: Any, found: set[str]) -> None:
    """Note what a part of the plan looks at."""
    fields = getattr(type(part), "model_fields", None)
    if fields is None:
        if isinstance(part, tuple):
            for inner in part:
                note_inputs(inner, found)
        return
    for name in fields:
        value = getattr(part, name)
        if name in _TOKENS and isinstance(value, str):
            found.add(f"{_TOKENS[name]}:{value}")
        else:
            note_inputs(value, found)
