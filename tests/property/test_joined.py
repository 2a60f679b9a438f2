"""No escalation is lost where several pathways of one patient want one person: found by trying many histories."""

import os
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathways.decide.effects import Incident
from pathways.decide.events import Event, StaffVerb, TaskVerb
from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE
from tests.unit.decide.test_order_of_joined import OFFICE, TWICE, plan
from tests.unit.decide.world import World, check, reading

EXAMPLES = int(os.environ.get("CAREPATH_TEST_EXAMPLES", "100"))
KINDS = (
    "bp", "bp", "claim", "release", "complete", "cancel", "reassign", "withdraw", "withdraw", "died", "error", "pause"
)  # fmt: skip

acts = st.tuples(st.integers(0, 40), st.sampled_from(KINDS), st.integers(0, 5))
shapes = st.tuples(
    st.sampled_from(["160", "180"]),
    st.sampled_from(["nurse", "gp"]),
    st.sampled_from(["5 min", "15 min"]),
    st.sampled_from(["", "", TWICE]),
    st.sampled_from(["close", "finish with a person"]),
)


def pathways(drawn: list[tuple[str, str, str, str, str]]) -> list[Plan]:
    keys = ("high", "who", "within", "repeat", "red")
    return [
        plan(f"p{n}", rule=f"rule{n}", title=f"Problem {n % 2}", **dict(zip(keys, shape, strict=True)))
        for n, shape in enumerate(drawn)
    ]


def body(w: World, kind: str, number: int, sent: list[str]) -> Any:
    if kind == "bp":
        return reading((120, 155, 165, 185, 190, 200)[number], 90)
    if kind in {"withdraw", "pause"}:
        return StaffVerb(kind, "s1", "gp", f"en{number % 3 + 1}", {"reason": "x"})
    if kind == "died":
        return StaffVerb(kind, "s1", "gp", None, {"reason": "x"}) if number == 0 else None
    if kind == "error":
        return StaffVerb("entered_in_error", "s1", "gp", None, {"event": sent[-1]}) if sent else None
    keys = sorted(w.state.tasks)  # those that another stands for too: either name means the one
    if not keys:
        return None
    return TaskVerb(keys[number % len(keys)], kind, "n1", "nurse", {}, "because", to_role="duty")


def nothing_lost(w: World) -> None:
    """Every red episode that opened a task has one that people see, and that somebody has or is being called for."""
    check(w)
    seen = {task.key: task for task in w.shown()}
    loud = {e.key for e in w.of(Incident)}
    for episode in w.state.episodes.values():
        if episode.state != "open":
            continue
        assert episode.tasks, episode
        for key in episode.tasks:
            own = w.state.tasks[key]
            shown = w.state.tasks[own.with_] if own.with_ else own
            assert shown.key in seen and own.title[0][:9] in seen[shown.key].title.en
            called = shown.rung_at is not None and shown.rung_at > w.state.clock
            assert called or shown.claimed_by or any(k.startswith(shown.key) for k in loud), shown
    hidden = [task for task in w.state.tasks.values() if task.with_]
    assert len(seen) == len(w.state.tasks) - len(hidden)
    assert {task.episode for task in w.state.tasks.values() if task.level == "red"} <= set(w.state.episodes)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(shapes, min_size=2, max_size=3), st.lists(acts, max_size=14), st.booleans(), st.booleans())
def test_no_escalation_is_lost(
    drawn: list[tuple[str, str, str, str, str]], history: list[tuple[int, str, int]], office: bool, through: bool
) -> None:
    plans = pathways(drawn)
    w = World(*plans, round_trip=through, site=OFFICE if office else NO_SITE)
    for number, one in enumerate(plans, 1):
        w.enrol(one, name=f"en{number}")
    at, sent = w.day(1, "10:00"), list[str]()
    for number, (minutes, kind, choice) in enumerate([(0, "bp", 5), *history]):
        at += timedelta(minutes=minutes)
        w.run(at - timedelta(microseconds=1))
        wanted = body(w, kind, choice, sent)
        if wanted is None:
            continue
        w.run(at, [Event(f"h{number}", at, at, wanted)])
        sent += [f"h{number}"] if kind == "bp" else []
        nothing_lost(w)
    w.run(at + timedelta(hours=3))
    nothing_lost(w)
