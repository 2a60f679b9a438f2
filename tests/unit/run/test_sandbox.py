"""The sandbox: default restrictions, leaf modules only, nothing heavy inside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from temporalio.worker.workflow_sandbox import SandboxRestrictions

from worker.sandbox import PASSED_THROUGH, workflow_runner

RUNNER = workflow_runner()


def test_no_restriction_is_removed() -> None:
    default = SandboxRestrictions.default
    assert RUNNER.restrictions.invalid_modules == default.invalid_modules
    assert RUNNER.restrictions.invalid_module_members == default.invalid_module_members
    assert RUNNER.restrictions.passthrough_modules == default.passthrough_modules | set(PASSED_THROUGH)
    assert not RUNNER.restrictions.passthrough_all_modules


def test_modules_pass_through_by_full_name(repository: Path) -> None:
    for name in PASSED_THROUGH:
        assert (repository / Path(*name.split("."))).with_suffix(".py").is_file(), f"{name} is no leaf module"


def test_workflow_code_brings_in_nothing_heavy(repository: Path) -> None:
    """In a process of its own: what the workflows import must not reach I/O, numbers or the language."""
    program = (
        "import sys, workflows.patient, workflows.handoff, workflows.courier, workflows.sweeper\n"
        "heavy = {'numpy', 'sqlalchemy', 'httpx', 'yaml', 'lark', 'cryptography', 'fastapi', 'structlog'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
