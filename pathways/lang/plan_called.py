"""Looks into the pathways that a plan calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pathways.lang.plan import Derived, PathwayBody, Plan, Step


def with_called(plans: Mapping[str, Plan]) -> Mapping[str, Plan]:
    """These plans by sha256, and every plan that one of them calls, directly or through another."""
    if not any(plan.called for plan in plans.values()):
        return plans
    found = dict(plans)
    waiting = list(plans.values())
    while waiting:
        for sha, plan in waiting.pop().called.items():
            if sha not in found:
                found[sha] = plan
                waiting.append(plan)
    return found


def calls_of(plan: Plan) -> Iterator[tuple[Step, PathwayBody]]:
    """The steps that call a pathway."""
    for step in (*plan.throughout, *(step for phase in plan.phases.values() for step in phase.steps)):
        if isinstance(step.body, PathwayBody):
            yield step, step.body


def result_of(plan: Plan, name: str) -> tuple[Plan, Derived] | None:
    """The plan and the derived value that ``htn.week_mean`` names; None for any other name."""
    wanted, _, result = name.partition(".")
    for step, body in calls_of(plan):
        called = plan.called.get(body.sha256)
        if step.id == wanted and result in body.results and called is not None:
            return called, called.derived[result]
    return None
