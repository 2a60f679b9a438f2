"""Values kept from a partner, as conditions and time phrases know them."""

from __future__ import annotations

from pathways.lang.phrases_names import Named
from pathways.lang.plan_kept import KEPT
from pathways.lang.spec_steps import HandoffStep


def kept_field(step: str, name: str, body: HandoffStep, phase: str | None) -> Named | None:
    """What the name of a value kept from a partner means; None for one that is not kept, or cannot be read."""
    for outcome in body.outcomes.values():
        kind = KEPT.get((outcome.keep or {}).get(name, ""))
        if kind is not None and kind.field is not None:
            words = ("yes", "no") if kind.field == "yes_no" else ()
            return Named(
                kind="field",
                id=step,
                phase=phase,
                field=name,
                type=kind.field,
                unit=kind.unit,
                words=words,
                last_day=kind.last_day,
            )
    return None
