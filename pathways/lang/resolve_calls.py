"""What the names of a called pathway mean where it is called: its ends, and the results that the step lists."""

from __future__ import annotations

from pathways.lang.catalogue import SCORE, TOTAL
from pathways.lang.library import Library
from pathways.lang.phrases_names import Named
from pathways.lang.spec_steps import PathwayStep


def called_words(library: Library, step: PathwayStep) -> tuple[str, ...]:
    """The ends of the called pathway, and the reasons for which staff may end it."""
    plan = library.find(step.pathway, step.version).plan
    return () if plan is None else (*plan.ends, *plan.ended_by_staff)


def called_result(library: Library, name: str, step: PathwayStep, result: str, component: str) -> Named | None:
    """What ``htn.week_mean.systolic`` is: a derived value of the called pathway, among the results of the step."""
    plan = library.find(step.pathway, step.version).plan
    derived = plan.derived.get(result) if plan is not None and result in (step.results or ()) else None
    if plan is None or derived is None:
        return None
    parts = {one.name: one.unit for one in plan.measures[derived.measure].components}
    if not component:
        component = TOTAL if TOTAL in parts else next(iter(parts)) if len(parts) == 1 else ""
    if component and component not in parts:
        return None
    unit = made_unit(derived.function, parts[component]) if component else None
    kept, id = component or None, f"{name}.{result}"
    return Named(kind="derived", id=id, component=kept, unit=unit, type="quantity", components=tuple(parts))


def made_unit(function: str, unit: str) -> str:
    """The unit of what a function makes of readings in ``unit``."""
    if function == "count":
        return "1"
    if function in {"percent_change", "cv", "share", "time_in"}:
        return "%"
    if function == "trend":
        return f"{'1' if unit == SCORE else unit}/d"
    return unit
