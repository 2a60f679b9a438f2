"""Values counted over how a step ended, not over readings: how much was done, how often it was missed."""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import Part


class Counted(Part):
    """``as: adherence`` or ``as: missed`` of a step.

    Everything that was asked for and has ended counts on the local date on which it was due; what was skipped,
    cancelled or not delivered does not. Of a dose step each medicine counts by itself; ``classes`` narrows them.
    ``days``: the date of the newest that counts and the days before it. Unknown below ``min_count`` on ``min_days``
    dates. Adherence is the part done (late too), per cent. ``phase``: only the step of this phase (None: wherever it
    stands); ``since_phase_start``: nothing from before this visit of the phase.
    """

    id: str
    path: str
    step: str
    phase: str | None = None
    function: Literal["adherence", "missed"]
    classes: tuple[str, ...] = ()
    days: int
    min_count: int = 1
    min_days: int = 1
    since_phase_start: bool = False
