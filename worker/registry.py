"""Which activities a worker runs, made with what they need. The one place that knows all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Registry:
    """Activities by role: ``journey`` (ticks, handoff steps), ``courier`` (pump, sweep, rouse)."""

    journey: Sequence[Callable[..., Any]]
    courier: Sequence[Callable[..., Any]]
