"""`docs/how-to/run-by-hand.md`, done as it stands there: its terminals are processes, its commands are run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from carepath.server.binary import TemporalBinary
from carepath.server.process import free_port

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-by-hand.md"
BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PARTS = ("carepath server", "carepath api", "--role journey", "--role courier", "--role red")


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text("utf-8")) if found == kind]


def follow(folder: Path, binary: TemporalBinary, database: str = "") -> str:
    """Do what the page says, on free ports; what the commands printed."""
    frontend, ui, api = free_port(), free_port(), free_port()
    scripts = Path(sys.executable).parent
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAREPATH_")}
    here = clean | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "PYTHONTZPATH": "",
        "CAREPATH_TEMPORAL_BINARY": str(binary.path),
        "CAREPATH_API_PORT": str(api),
    }
    (settings,) = blocks("settings")
    subprocess.run(["bash", "-euc", settings], cwd=folder, env=here, check=True)
    if database:
        with (folder / "carepath.toml").open("a", encoding="utf-8") as file:
            file.write(f'database_url = "{database}"\n')
    there = here | {"CAREPATH_TEMPORAL_ADDRESS": f"127.0.0.1:{frontend}"}
    terminals = blocks("terminal")
    assert len(terminals) == len(PARTS)
    running = []
    try:
        for number, (line, part) in enumerate(zip(terminals, PARTS, strict=True)):
            assert part in line
            ours = f"{line.strip()} --port {frontend} --ui-port {ui}" if number == 0 else line.strip()
            environment = there if number else here
            with (folder / f"terminal-{number}.log").open("wb") as log:
                command = ["bash", "-c", f"exec {ours}"]
                one = subprocess.Popen(command, cwd=folder, env=environment, stderr=log, stdout=log)
            running.append(one)
        script = "\n".join(blocks("")).replace("127.0.0.1:8700", f"127.0.0.1:{api}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=there,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        logs = "".join(file.read_text("utf-8", "replace")[-1500:] for file in sorted(folder.glob("*.log")))
        assert done.returncode == 0, done.stdout + done.stderr + logs
        return done.stdout
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in reversed(running)]
        assert set(codes) <= {0, -signal.SIGTERM}, codes


def told_right(told: str) -> None:
    assert '{"status":"ready","parts":{"records":"up","temporal":"up"}}' in told
    assert "2/2  signed" in told
    assert "published" in told
    assert "0: ok home-1" in told
    assert "rules.crisis: true" in told
    assert told.count("Done.\n") == 2
    assert "Task done:" in told
    assert "one reading (192/112); a second is asked for." in told


@pytest.mark.server
@pytest.mark.timeout(300)
def test_the_page_works_as_it_stands(tmp_path: Path, temporal_binary: TemporalBinary) -> None:
    told_right(follow(tmp_path, temporal_binary))
    assert (tmp_path / "data" / "records.db").exists()


@pytest.mark.server
@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_the_page_works_with_postgresql(tmp_path: Path, temporal_binary: TemporalBinary, postgres_url: str) -> None:
    told_right(follow(tmp_path, temporal_binary, postgres_url))
    assert not (tmp_path / "data" / "records.db").exists()
