"""The command starts fast because it imports little."""

import json
import subprocess
import sys

import pytest

from carepath.registry import COMMANDS

PURE = ("check", "plan", "expand", "test", "simulate")
HEAVY = {"temporalio", "numpy", "sqlalchemy", "fastapi", "httpx", "cryptography", "alembic", "uvicorn"}


def _imported_by(*arguments: str) -> set[str]:
    code = (
        "import json, sys\n"
        "from carepath.main import run\n"
        f"code = run({list(arguments)!r})\n"
        "sys.stderr.write(json.dumps([code, sorted(sys.modules)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    assert exit_code == 0, done.stdout
    return set(modules)


def test_the_overview_imports_no_command() -> None:
    modules = _imported_by("--help")
    assert not {name for name in modules if name.startswith("carepath.commands.")}
    assert not modules & HEAVY


@pytest.mark.parametrize("name", [name for name in PURE if COMMANDS[name].exists()])
def test_authors_commands_import_nothing_heavy(name: str) -> None:
    assert not _imported_by(name, "--help") & HEAVY
