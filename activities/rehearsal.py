"""The rehearsal clock: a map from wall time to patient time, changed only by recorded ticks.

Outside rehearsal a journey has no map (None) and patient time is wall time. In rehearsal patient time runs fast
while nothing is urgent, and at most one patient minute a wall second while a repeat measurement or a rung of a
red ladder is awaited. The decider and the pathway never know; API, courier and partners read the map from the
journey's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from activities.records.types import from_microseconds, to_microseconds

DAY_SECONDS: Final = 86_400.0
SLOW: Final = 60.0
"""Patient seconds per wall second while something urgent is awaited."""
DAYS_PER_SECOND: Final = 1 / 1.5
"""The fast pace unless the enrolment says otherwise."""
GRACE: Final = timedelta(seconds=20)
"""Wall time within which a rehearsed message still goes out: three patient hours may last 0.2 s, and a courier
that looks every 0.1 s must not find everything expired."""
_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Segment:
    """From wall time ``wall`` on patient time is ``patient`` plus ``rate`` patient seconds per wall second."""

    wall: datetime
    patient: datetime
    rate: float

    def at(self, wall: datetime) -> datetime:
        """Patient time at a wall time."""
        return self.patient + (wall - self.wall) * self.rate


@dataclass(frozen=True, slots=True)
class ClockMap:
    """The last segments, oldest first; the last one runs on. ``fast`` is the pace while nothing is urgent."""

    segments: tuple[Segment, ...]
    fast: float

    @property
    def current(self) -> Segment:
        """The segment that runs on."""
        return self.segments[-1]


def begin(wall: datetime, patient: datetime, days_per_second: float = DAYS_PER_SECOND) -> ClockMap:
    """A map that starts at ``patient`` now, fast.

    Raises:
        ValueError: the pace is not positive.
    """
    if not days_per_second > 0:
        raise ValueError("the pace of a rehearsal is a positive number of days per second")
    fast = days_per_second * DAY_SECONDS
    return ClockMap((Segment(wall, patient, fast),), fast)


def patient_now(clock: ClockMap | None, wall: datetime) -> datetime:
    """Patient time at a wall time (a wall time before the map began is its beginning)."""
    if clock is None:
        return wall
    for segment in reversed(clock.segments):
        if segment.wall <= wall:
            return segment.at(wall)
    return clock.segments[0].patient


def to_wall(clock: ClockMap | None, patient: datetime) -> datetime:
    """The wall time at which patient time will be (or was) ``patient`` if the present pace goes on."""
    if clock is None:
        return patient
    current = clock.current
    return current.wall + (patient - current.patient) / current.rate


def wall_expiry(clock: ClockMap | None, due: datetime, expires: datetime) -> datetime:
    """Until when in wall time a message due and expiring at these patient times may be sent."""
    if clock is None:
        return expires
    return max(to_wall(clock, expires), to_wall(clock, due) + GRACE)


def skew(clock: ClockMap | None, allowed: timedelta) -> timedelta:
    """How far ahead of patient time an event may be: ``allowed``, and in rehearsal some wall seconds at the pace."""
    return allowed if clock is None else allowed + GRACE * clock.fast


def after_tick(clock: ClockMap, wall: datetime, now: datetime, urgent_until: datetime | None) -> ClockMap:
    """The map after a tick that decided at patient time ``now``, at wall time ``wall``.

    The same object when the pace does not change and ``now`` lies on the map.
    """
    urgent = urgent_until is not None and urgent_until > now
    rate = min(SLOW, clock.fast) if urgent else clock.fast
    if rate == clock.current.rate and clock.current.at(wall) == now:
        return clock
    return ClockMap((*clock.segments[-(_KEPT - 1) :], Segment(wall, now, rate)), clock.fast)


def to_json(clock: ClockMap | None) -> dict[str, Any] | None:
    """The map as plain JSON (microseconds since 1970)."""
    if clock is None:
        return None
    return {
        "fast": clock.fast,
        "segments": [[to_microseconds(s.wall), to_microseconds(s.patient), s.rate] for s in clock.segments],
    }


def from_json(data: dict[str, Any] | None) -> ClockMap | None:
    """The map from its JSON; None stays None."""
    if data is None:
        return None
    segments = tuple(Segment(from_microseconds(w), from_microseconds(p), float(r)) for w, p, r in data["segments"])
    return ClockMap(segments, float(data["fast"]))
