"""No key is accepted and ignored: without it the compiled plan is another one, or there is none.

Together the three documents hold every key of the language that this release has.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pathways.lang.diagnostics import has_errors
from pathways.lang.load import load_site, load_source
from pathways.lang.site_plan import Site
from pathways.lang.site_spec import SiteSpec
from pathways.lang.source import Path as Place
from pathways.lang.source import Source, read_source
from pathways.lang.spec import PathwaySpec
from pathways.lang.spec_base import Node
from pathways.lang.spec_errors import models_of
from tests.golden.called import called_library

PROJECT = Path(__file__).resolve().parents[3]
BASE = PROJECT / "tests" / "golden" / "base"
PATHWAYS = {
    "hypertension_home": PROJECT / "pathways" / "library" / "hypertension_home" / "pathway.yaml",
    "small": BASE / "small.yaml",
    "wide": BASE / "wide.yaml",
}


def judged(source: Source, model: type[Node]) -> dict[int, type[Node]]:
    seen: dict[int, type[Node]] = {}
    model.model_validate(source.value, context=seen)
    return seen


def keys(value: Any, seen: dict[int, type[Node]], at: Place = ()) -> Iterator[tuple[str, Place]]:
    """(``Model.key``, place) of every key of a document that belongs to a model."""
    if isinstance(value, dict):
        model = seen.get(id(value))
        for key, inner in value.items():
            if model is not None:
                yield f"{model.__name__}.{key}", (*at, key)
            yield from keys(inner, seen, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from keys(inner, seen, (*at, index))


def read(path: Path) -> Source:
    source, problems = read_source(path.read_bytes(), path.name)
    assert problems == []
    return source


def without(source: Source, place: Place) -> Source:
    value = deepcopy(source.value)
    inner = value
    for step in place[:-1]:
        inner = inner[step]
    del inner[place[-1]]
    return Source(source.file, source.text, value, source.place)


def test_the_documents_hold_every_key() -> None:
    held = set()
    for path in PATHWAYS.values():
        source = read(path)
        held |= {name for name, _ in keys(source.value, judged(source, PathwaySpec))}
    wanted = {f"{m.__name__}.{key}" for m in models_of(PathwaySpec) for key in m.known_keys()}
    # Every action and step may carry the keys of all actions and steps: one of each is enough.
    assert sorted(_shared(wanted) - _shared(held)) == []


def _shared(names: set[str]) -> set[str]:
    common = {"title", "when", "only_if", "window", "remind", "catch_up", "on_leave", "safety", "first_time_only"}
    common |= {"profiles", "drop_when", "satisfied_by", "missed", "attempts", "required", "must_unless", "after"}
    common |= {"if_past", "id", "if", "do", "say", "task", "role", "due", "form", "escalate"}
    found = set()
    for name in names:
        model, key = name.split(".")
        kind = "Step" if model.endswith("Step") else "Action" if model.endswith("Action") else model
        if kind in ("OutcomeSpec", "EndSpec", "UnknownSpec", "LifecycleSpec", "DecisionUnknownSpec") and key in common:
            kind = "Inline"
        found.add(f"{kind}.{key}" if key in common else name)
    return found


@pytest.mark.parametrize("name", sorted(PATHWAYS))
def test_without_a_key_the_plan_is_another_one(name: str) -> None:
    source = read(PATHWAYS[name])
    whole = load_source(source, library=called_library())
    assert whole.plan is not None, whole.diagnostics
    ignored: list[str] = []
    tried: set[str] = set()
    for key, place in list(keys(source.value, judged(source, PathwaySpec))):
        if key in tried and name != "wide":
            continue  # one of each is enough, and the whole has to stay quick
        tried.add(key)
        loaded = load_source(without(source, place), library=called_library())
        if loaded.plan is not None and loaded.plan.sha256 == whole.plan.sha256:
            ignored.append(f"{key} at {'.'.join(map(str, place))}")
        assert (loaded.plan is None) == has_errors(loaded.diagnostics)
    assert sorted(ignored) == sorted(DEFAULTS[name])


# What stands in these documents although it is the rule anyway.
DEFAULTS: dict[str, list[str]] = {
    "hypertension_home": [
        "ProfileSpec.same_as at profiles.cn_public_health.same_as",  # the other has no values of its own
        "DoseStep.catch_up at throughout.tablets.catch_up",
        "RuleSpec.fires at rules.crisis.fires",
        "RepeatSpec.no_repeat at rules.crisis.repeat_measurement.no_repeat",
    ],
    "small": ["ProfileSpec.same_as at profiles.south.same_as"],
    "wide": [
        "MeasureSpec.take at measures.bp.take",
        "DerivedSpec.judge at derived.highest.judge",
        "LifecycleSpec.handoffs at lifecycle.died.handoffs",
    ],
}


@pytest.mark.parametrize("key", sorted(SiteSpec.known_keys()))
def test_without_a_key_the_site_is_another_one(key: str) -> None:
    path = BASE / "site.yaml"
    text = path.read_text(encoding="utf-8")
    whole = load_site(text, "site.yaml").site
    assert isinstance(whole, Site)
    source = read(path)
    if key == "patient_channels":
        other = load_site(text + "patient_channels: [app]\n", "site.yaml").site
    else:
        place = source.place.children[key]
        lines = text.split("\n")
        assert place.key is not None
        kept = lines[: place.key.line - 1] + lines[place.value.end_line :]
        if place.value.end_line == place.value.line == place.key.line:
            kept = lines[: place.key.line - 1] + lines[place.key.line :]
        other = load_site("\n".join(kept), "site.yaml").site
    assert other is None or other.sha256 != whole.sha256
