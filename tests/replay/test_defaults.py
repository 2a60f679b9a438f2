"""Defaults of what crosses between workflows and activities: a field that holds its default is not written into
histories, so what is committed here may grow and never change.

After a new field with a default:  python -m tests.replay.test_defaults
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

import activities.contracts
import workflows.messages

COMMITTED = Path(__file__).with_name("defaults.json")


def defaults() -> dict[str, dict[str, Any]]:
    """Message -> field -> its default, for the fields that have one."""
    return {
        model.__name__: {
            name: to_jsonable_python(field.get_default(call_default_factory=True))
            for name, field in model.model_fields.items()
            if not field.is_required()
        }
        for module in (activities.contracts, workflows.messages)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__
    }


def test_no_default_of_a_written_message_ever_changes() -> None:
    now = defaults()
    changed = {
        f"{model}.{field}": (value, now.get(model, {}).get(field, "no default any more"))
        for model, fields in json.loads(COMMITTED.read_text("utf-8")).items()
        for field, value in fields.items()
        if now.get(model, {}).get(field, "no default any more") != value
    }
    assert not changed, f"histories that left these out would now be read otherwise (was, is): {changed}"


def test_every_default_is_committed() -> None:
    assert json.loads(COMMITTED.read_text("utf-8")) == defaults(), "python -m tests.replay.test_defaults"


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(defaults(), indent=2, ensure_ascii=False) + "\n", "utf-8")
