"""Finding the browser of the pictures and tests, or saying what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.browser import GIVEN, NoChromium, find_chromium


def program(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_the_one_named_comes_before_the_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "google-chrome")
    assert find_chromium().endswith("google-chrome")
    program(tmp_path, "chromium")
    assert find_chromium().endswith("/chromium")
    monkeypatch.setenv(GIVEN, str(program(tmp_path, "mine")))
    assert find_chromium().endswith("/mine")


def test_without_one_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoChromium, match=r"make tools.*apt-get install chromium"):
        find_chromium()
    monkeypatch.setenv(GIVEN, str(tmp_path / "none"))
    with pytest.raises(NoChromium, match=GIVEN):
        find_chromium()
