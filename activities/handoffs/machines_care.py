"""The machines of insurers, of courses of care (rehabilitation, elder care, home nursing) and of laboratories, as data.

``insurance`` is the life of a FHIR R4 Claim or CoverageEligibilityRequest with its response: a prior authorisation
(Da Vinci PAS) is certified, certified otherwise than asked, pended or not certified (``business``: X12 306 review
actions), and a response that is ``queued`` goes on until it is complete. After ``information_wanted`` the partner says
``received`` again once the papers are there. A denial is final: who wants to be heard again asks anew.

A course of care is a fulfilment Task (FHIR R4 codes) of a ServiceRequest: taken on, begun, and told of session by
session, each being one Appointment (``business``: its status). ``no_slot`` is a rejection for want of a place.

``laboratory`` is a ServiceRequest with its Specimen and DiagnosticReport (``business``: the report's status, and of a
specimen that cannot be used the specimen's).

The transitions numbered 0 are ours, for a request that never reached the partner. Cancelling is a request here too: the
partner says ``cancelled``, or how it ended when the request came too late.
"""

from __future__ import annotations

from typing import Final

from activities.handoffs.machine_types import (
    CANCELLATION_REQUESTED,
    DRAFT,
    FAILED,
    Machine,
    State,
    make_machine,
)

INSURANCE: Final = make_machine(
    "insurance",
    "requested",
    (
        State(DRAFT, "draft"),
        State("requested", "requested"),
        State("received", "received", "received", business="A4"),
        State("information_wanted", "on-hold", "information_wanted", business="A4"),
        State(CANCELLATION_REQUESTED, "in-progress"),
        State("approved", "completed", "approved", final=True, business="A1"),
        State("modified", "completed", "modified", final=True, business="A6"),
        State("denied", "completed", "denied", final=True, business="A3"),
        State("cancelled", "cancelled", "cancelled", final=True),
        State(FAILED, "failed", "failed", final=True),
    ),
    """
    0  I draft                  failed
    0  I draft                  cancelled
    1  I draft                  requested
    2  R requested              received
    3  R requested              information_wanted
    4  R requested              approved
    5  R requested              modified
    6  R requested              denied
    7  R requested              failed
    8  R received               information_wanted
    9  R received               approved
    10 R received               modified
    11 R received               denied
    12 R received               failed
    13 R information_wanted     received
    14 R information_wanted     information_wanted
    15 R information_wanted     approved
    16 R information_wanted     modified
    17 R information_wanted     denied
    18 R information_wanted     failed
    19 I requested              cancellation_requested
    20 I received               cancellation_requested
    21 I information_wanted     cancellation_requested
    22 R cancellation_requested cancelled
    23 R cancellation_requested approved
    24 R cancellation_requested modified
    25 R cancellation_requested denied
    26 R cancellation_requested failed
    """,
)


def _course(id_: str, one: str) -> Machine:
    """A course of care; ``one`` is what its single appointments are called (``session``, ``visit``)."""
    done, missed = f"{one}_done", f"{one}_missed"
    return make_machine(
        id_,
        "requested",
        (
            State(DRAFT, "draft"),
            State("requested", "requested"),
            State("accepted", "accepted", "accepted"),
            State("scheduled", "in-progress", "scheduled", business="booked"),
            State("started", "in-progress", "started"),
            State(done, "in-progress", done, business="fulfilled"),
            State(missed, "in-progress", missed, business="noshow"),
            State(CANCELLATION_REQUESTED, "in-progress"),
            State("completed", "completed", "completed", final=True),
            State("stopped", "failed", "stopped", final=True),
            State("no_slot", "rejected", "no_slot", final=True),
            State("declined", "rejected", "declined", final=True),
            State("cancelled", "cancelled", "cancelled", final=True),
            State(FAILED, "failed", "failed", final=True),
        ),
        f"""
        0  I draft                  failed
        0  I draft                  cancelled
        1  I draft                  requested
        2  R requested              accepted
        3  R requested              declined
        4  R requested              no_slot
        5  R requested              failed
        6  R accepted               scheduled
        7  R accepted               started
        8  R accepted               declined
        9  R accepted               no_slot
        10 R accepted               failed
        11 R scheduled              scheduled
        12 R scheduled              started
        13 R scheduled              {done}
        14 R scheduled              {missed}
        15 R scheduled              declined
        16 R scheduled              no_slot
        17 R scheduled              completed
        18 R scheduled              stopped
        19 R scheduled              failed
        20 R started                scheduled
        21 R started                {done}
        22 R started                {missed}
        23 R started                completed
        24 R started                stopped
        25 R started                failed
        26 R {done}                 scheduled
        27 R {done}                 {done}
        28 R {done}                 {missed}
        29 R {done}                 completed
        30 R {done}                 stopped
        31 R {done}                 failed
        32 R {missed}               scheduled
        33 R {missed}               {done}
        34 R {missed}               {missed}
        35 R {missed}               completed
        36 R {missed}               stopped
        37 R {missed}               failed
        38 I requested              cancellation_requested
        39 I accepted               cancellation_requested
        40 I scheduled              cancellation_requested
        41 I started                cancellation_requested
        42 I {done}                 cancellation_requested
        43 I {missed}               cancellation_requested
        44 R cancellation_requested cancelled
        45 R cancellation_requested completed
        46 R cancellation_requested stopped
        47 R cancellation_requested failed
        """,
    )


REHAB: Final = _course("rehab", "session")
ELDER_CARE: Final = _course("elder_care", "visit")
HOME_NURSING: Final = _course("home_nursing", "visit")

LABORATORY: Final = make_machine(
    "laboratory",
    "requested",
    (
        State(DRAFT, "draft"),
        State("requested", "requested"),
        State("ordered", "accepted", "ordered", business="registered"),
        State("collected", "in-progress", "collected", business="registered"),
        State("unusable", "on-hold", "unusable", business="unsatisfactory"),
        State("preliminary", "in-progress", "preliminary", business="preliminary"),
        State(CANCELLATION_REQUESTED, "in-progress"),
        State("resulted", "completed", "resulted", final=True, business="final"),
        State("declined", "rejected", "declined", final=True),
        State("cancelled", "cancelled", "cancelled", final=True, business="cancelled"),
        State(FAILED, "failed", "failed", final=True),
    ),
    """
    0  I draft                  failed
    0  I draft                  cancelled
    1  I draft                  requested
    2  R requested              ordered
    3  R requested              collected
    4  R requested              resulted
    5  R requested              declined
    6  R requested              failed
    7  R ordered                collected
    8  R ordered                resulted
    9  R ordered                declined
    10 R ordered                failed
    11 R collected              unusable
    12 R collected              preliminary
    13 R collected              resulted
    14 R collected              failed
    15 R unusable               collected
    16 R unusable               declined
    17 R unusable               failed
    18 R preliminary            preliminary
    19 R preliminary            unusable
    20 R preliminary            resulted
    21 R preliminary            failed
    22 I requested              cancellation_requested
    23 I ordered                cancellation_requested
    24 I collected              cancellation_requested
    25 I unusable               cancellation_requested
    26 I preliminary            cancellation_requested
    27 R cancellation_requested cancelled
    28 R cancellation_requested resulted
    29 R cancellation_requested failed
    """,
)

CARE: Final = (INSURANCE, REHAB, ELDER_CARE, HOME_NURSING, LABORATORY)
"""The machines of this module."""
