"""What people type wrong: all of it is found in one run, in order, with nothing that only follows from it.

``CAREPATH_UPDATE_GOLDEN=1`` writes the files and texts anew; read the difference before committing it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pathways.lang.load import load_any
from pathways.lang.render import as_text
from tests.golden.mistakes import MISTAKES, Mistake
from tests.golden.test_bad_files import HERE, UPDATE, the_site

TYPED = HERE / "typed"


def document(mistake: Mistake) -> str:
    text = (HERE / "base" / f"{mistake.base}.yaml").read_text(encoding="utf-8")
    for old, new in mistake.edits:
        assert old in text, f"the base no longer holds {old!r}"
        text = text.replace(old, new, 1)
    return text


def golden(path: Path, text: str) -> None:
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name}: run with CAREPATH_UPDATE_GOLDEN=1 and read it"


@pytest.mark.parametrize("name", MISTAKES)
def test_all_of_it_is_found_in_order_and_nothing_else(name: str) -> None:
    mistake = MISTAKES[name]
    loaded = load_any(document(mistake), f"{name}.yaml", the_site())
    assert tuple(d.code for d in loaded.diagnostics) == mistake.finds
    golden(TYPED / f"{name}.yaml", document(mistake))
    for language in ("en", "zh"):
        golden(TYPED / f"{name}.{language}.txt", as_text(loaded.diagnostics, {f"{name}.yaml": loaded.source}, language))


def test_no_file_is_left_over_and_there_are_two_hundred_with_the_codes() -> None:
    assert {path.name.split(".")[0] for path in TYPED.iterdir()} == set(MISTAKES)
    assert len(list(TYPED.glob("*.yaml"))) + len(list((HERE / "bad").glob("*.yaml"))) >= 200
