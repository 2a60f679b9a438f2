"""The published JSON Schema and the checker agree: on good files, on every golden bad file, and on single damages.

``CAREPATH_UPDATE_GOLDEN=1`` writes the list of codes that no schema can say anew; read the difference before
committing it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

from carepath.main import run
from pathways.lang.load import kind_of
from pathways.lang.schema import KINDS, plain, schema_of
from pathways.lang.site_spec import SiteSpec
from pathways.lang.source import read_source
from pathways.lang.spec import PathwaySpec
from tests.golden.bad_cases import CASES
from tests.golden.mistakes import MISTAKES
from tests.golden.test_bad_files import PROJECT, UPDATE, document
from tests.golden.test_mistakes import document as typed

HERE = Path(__file__).parent
BEYOND = HERE / "beyond_schema.txt"
MODELS: dict[str, type[BaseModel]] = {"pathway": PathwaySpec, "site": SiteSpec}
VALIDATORS = {kind: jsonschema.Draft7Validator(schema_of(kind)) for kind in KINDS}
GOOD = [
    *(PROJECT / "pathways" / "library").glob("*/pathway.yaml"),
    *(PROJECT / "pathways" / "sites").glob("*.yaml"),
    *(HERE / "base").glob("*.yaml"),
]


def value_of(file: Path) -> Any:
    source, found = read_source(file.read_bytes(), file.name)
    assert not found
    return source.value


def refused(kind: str, value: Any) -> bool:
    return not VALIDATORS[kind].is_valid(plain(value))  # type: ignore[index]


@pytest.mark.parametrize("file", GOOD, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_good_file_validates(file: Path) -> None:
    value = value_of(file)
    errors = [(list(e.path), e.message) for e in VALIDATORS[kind_of(value)].iter_errors(plain(value))]  # type: ignore[index]
    assert errors == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_one(kind: Any) -> None:
    jsonschema.Draft7Validator.check_schema(schema_of(kind))
    text = json.dumps(schema_of(kind))
    assert '"null"' not in text and "\\u0000" not in text


def accepted_codes() -> list[str]:
    """Codes whose golden file the schema has nothing against. Where the text is no document, an editor says so."""
    found = []
    bad = {code: document(case) for code, case in CASES.items()}
    bad |= {f"typed/{name}": typed(mistake).encode() for name, mistake in MISTAKES.items()}
    for code, data in bad.items():
        source, text_errors = read_source(data, code)
        kind = kind_of(source.value)
        if not text_errors and kind in VALIDATORS and not refused(kind, source.value):
            found.append(code)
    return sorted(found)


def test_every_bad_file_is_refused_or_its_code_is_beyond_a_schema() -> None:
    accepted = accepted_codes()
    if UPDATE:
        BEYOND.write_text("\n".join(accepted) + "\n", "utf-8")
    assert accepted == BEYOND.read_text("utf-8").split()


# --------------------------------------------------------------------------- single damages


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*place, key))


def _shared(value: Any, way: tuple[Any, ...]) -> tuple[Any, Any]:
    """The value and the part of it at the end of the way: copies along the way, everything else the same."""
    whole = copy.copy(value)
    inner = whole
    for key in way:
        inner[key] = copy.copy(inner[key])
        inner = inner[key]
    return whole, inner


def damages(value: Any) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """Every place once without it, and once with something else in it; every mapping with a key too many."""
    for place in places(value):
        for name, new in (("gone", None), ("list", []), ("mapping", {}), ("extra", "zz"), ("long", "Ä b" * 30)):
            damaged, inner = _shared(value, place[:-1])
            if name == "gone":
                del inner[place[-1]]
            elif name != "extra":
                inner[place[-1]] = new
            elif isinstance(inner[place[-1]], dict):
                inner[place[-1]] = {**inner[place[-1]], "ZZ top": "zz"}
            else:
                continue
            yield name, place, damaged


def judged(kind: str, value: Any) -> bool:
    """Whether the checker's own models have something against the shape."""
    try:
        MODELS[kind].model_validate(value)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("name", ["small", "site"])
def test_the_schema_and_the_models_judge_every_damage_alike(name: str) -> None:
    value = value_of(HERE / "base" / f"{name}.yaml")
    kind = kind_of(value)
    tried, different = 0, []
    for damage, place, damaged in damages(value):
        tried += 1
        if refused(kind, damaged) is not judged(kind, damaged):
            different.append((damage, place, judged(kind, damaged)))
    assert tried > 150
    assert different == []


def test_every_key_has_a_description() -> None:
    def properties(node: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(node, dict):
            yield from node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ()
            for inner in node.values():
                yield from properties(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from properties(inner)

    for kind in KINDS:
        found = list(properties(schema_of(kind)))
        assert len(found) > 15
        assert [name for name, one in found if not one.get("description")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_prints_what_is_published(kind: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", kind]) == 0
    assert json.loads(capsys.readouterr().out) == schema_of(kind)
    assert (PROJECT / "docs" / "schema" / f"{kind}.schema.json").is_file()
