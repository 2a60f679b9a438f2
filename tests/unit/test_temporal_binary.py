"""In which order the Temporal server is looked for, and what is said when a candidate is no good."""

import shutil
from pathlib import Path

import pytest

from carepath.server import binary, build
from carepath.server.binary import find_temporal, kept_path, probe
from worker.problems import Problem
from worker.settings import load_settings

GOOD = "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"
OLD = "temporal version 1.0.0 (Server 1.24.2, UI 2.28.0)"


def _program(path: Path, says: str, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    # Where a system has one of its own there, the order could not be told.
    if shutil.which("temporal"):
        pytest.skip("a `temporal` stands in the system's own folders")


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    got: list[str] = []

    def download(target: Path, version: str, say: binary.Say) -> bool:
        got.append(version)
        _program(target, GOOD)
        return True

    monkeypatch.setattr(build, "download", download)
    assert find_temporal(load_settings(), said.append).source == "download"
    kept_path().unlink()
    on_path = _program(tmp_path / "bin" / "temporal", GOOD)
    assert find_temporal(load_settings(), said.append).path == on_path
    _program(kept_path(), GOOD)
    assert find_temporal(load_settings(), said.append).source == "kept"
    monkeypatch.setenv("CAREPATH_TEMPORAL_BINARY", str(_program(tmp_path / "mine", GOOD)))
    found = find_temporal(load_settings(), said.append)
    assert (found.source, found.server, found.ui, found.database_name) == (
        "given",
        (1, 29, 1),
        "2.42.1",
        "temporal-1.29.db",
    )
    assert got == [binary.CLI_VERSION]


def test_an_old_or_broken_one_on_the_path_is_passed_over_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(build, "download", lambda target, version, say: bool(_program(target, GOOD)))
    _program(tmp_path / "bin" / "temporal", OLD)
    assert find_temporal(load_settings(), said.append).source == "download"
    assert "1.24.2 is older than 1.29" in said[0]
    kept_path().unlink()
    _program(tmp_path / "bin" / "temporal", "something else", 1)
    assert find_temporal(load_settings(), said.append).source == "download"
    assert "not using" in said[-1]


@pytest.mark.parametrize(("says", "code"), [("hello", 0), (GOOD, 1), (None, 0)])
def test_a_given_one_that_is_no_good_is_a_problem(tmp_path: Path, says: str | None, code: int) -> None:
    path = tmp_path / "mine"
    if says is not None:
        _program(path, says, code)
    with pytest.raises(Problem) as caught:
        probe(path, "given")
    assert caught.value.code == "E-TEMPORAL-BINARY"
    assert str(path) in caught.value.message()


def test_what_a_killed_attempt_left_behind_is_removed(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setattr(build, "download", lambda target, version, say: bool(_program(target, GOOD)))
    leftover = kept_path().parent / "build-killed" / "modules" / "x"
    leftover.mkdir(parents=True)
    find_temporal(load_settings(), said.append)
    assert not leftover.exists()


def test_no_room_is_said_before_the_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: list[str]) -> None:
    monkeypatch.setattr(build, "ROOM_NEEDED", shutil.disk_usage(tmp_path).total * 2)
    with pytest.raises(Problem) as caught:
        build.build_with_go(tmp_path / "temporal", binary.CLI_VERSION, said.append)
    assert caught.value.code == "E-TEMPORAL-BUILD"
    assert "free disk" in caught.value.message()


@pytest.mark.parametrize(
    ("says", "usable"),
    [("go version go1.25.0 linux/amd64", True), ("go version go1.24.9 linux/amd64", False), ("no idea", False)],
)
def test_only_a_new_enough_go_is_taken(tmp_path: Path, says: str, usable: bool) -> None:
    go = _program(tmp_path / "bin" / "go", says)
    assert build.find_go() == (go if usable else None)


def test_a_failed_build_tells_the_compilers_words_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    go = tmp_path / "bin" / "go"
    _program(go, "unused")
    go.write_text("#!/bin/sh\n[ $1 = version ] && echo go version go1.26.0 && exit\necho no such module >&2\nexit 1\n")
    monkeypatch.setattr(build, "ROOM_NEEDED", 0)
    target = tmp_path / "made" / "temporal"
    target.parent.mkdir()
    with pytest.raises(Problem) as caught:
        build.build_with_go(target, binary.CLI_VERSION, said.append)
    assert "no such module" in caught.value.message()
    assert list(target.parent.iterdir()) == []


def test_progress_counts_what_go_says() -> None:
    lines = ["go: downloading a v1\n", "go: downloading b v1\n", "internal/x\n"]
    assert build._progress(lines, 12.4).strip() == "12 s: 2 modules fetched, 1 packages compiled"
