"""The drawing of a pathway in a real browser: no label touches another, in light and in dark."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from pathways.lang.diagnostics import Language
from pathways.lang.load import load_pathway
from pathways.lang.render_picture import WIDTH, picture

pytestmark = pytest.mark.browser
FILE = Path(__file__).resolve().parents[2] / "pathways/library/hypertension_home/pathway.yaml"
SCRIPT = """() => [...document.querySelectorAll('text')].map(one => {
  const box = one.getBBox();
  return {text: one.textContent, left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height,
          size: parseFloat(one.getAttribute('font-size')), colour: getComputedStyle(one).fill};
})"""


def _chromium() -> str | None:
    named = os.environ.get("CAREPATH_TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = _chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine: run `make tools`")
    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=executable, args=["--no-sandbox"]) as one,
    ):
        yield one


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_labels_are_apart_and_inside(
    browser: Browser, tmp_path: Path, language: Language, scheme: Literal["light", "dark"]
) -> None:
    plan = load_pathway(FILE.read_bytes(), FILE.name).plan
    assert plan is not None
    file = tmp_path / "picture.svg"
    file.write_text(picture(plan, language), "utf-8")
    page = browser.new_page(color_scheme=scheme)
    page.goto(file.as_uri())
    found: list[dict[str, Any]] = page.evaluate(SCRIPT)
    page.close()
    assert len(found) > 100
    for one in found:
        assert 0 <= one["left"] < one["right"] <= WIDTH, one
        # The line box of a font is higher than its letters; what may not meet are the letters.
        one["top"] = one["bottom"] - one["size"] * 1.05
    for a, b in itertools.combinations(found, 2):
        beside = a["right"] <= b["left"] or b["right"] <= a["left"]
        assert beside or a["bottom"] <= b["top"] + 2 or b["bottom"] <= a["top"] + 2, (a, b)
    assert {"light": "rgb(28, 39, 51)", "dark": "rgb(228, 234, 240)"}[scheme] in {one["colour"] for one in found}
