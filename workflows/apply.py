"""The only thing a workflow does to the state: assign what a tick recorded. No rule may ever stand here.

Histories of every release replay through this function, so a change of its result needs ``workflow.patched()``. It
agrees with ``pathways.decide.state.apply``, which the tick uses on its side: a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any


def apply(state: Mapping[str, Json], delta: Mapping[str, Json]) -> dict[str, Json]:
    """The state after ``delta``: ``{section: {key: record, or null to drop it}}``; anything else replaces."""
    out = dict(state)
    for section, part in delta.items():
        old = out.get(section)
        if isinstance(part, dict) and isinstance(old, dict):
            dropped = {key for key, record in part.items() if record is None}
            out[section] = {key: record for key, record in {**old, **part}.items() if key not in dropped}
        else:
            out[section] = part
    return out
