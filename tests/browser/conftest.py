"""One patient in trouble on the whole system, and a real browser to look at it with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser

from carepath.server.binary import TemporalBinary
from carepath.server.process import TemporalServer
from scripts.browser import NoChromium, chromium
from tests.integration.processes import until
from tests.integration.stack import START, Stack, running
from tests.openmhealth import pressure

PATIENT: Final = "look00000001"
OPERATOR: Final = "operator-token-of-the-test-0001"
COORDINATOR: Final = "coordinator-token-of-the-test-01"
STRANGER: Final = "stranger-token-of-the-test-00001"
TOKENS: Final = {
    OPERATOR: {"role": "operator", "staff": "s1"},
    COORDINATOR: {"role": "nurse", "staff": "s2"},
    STRANGER: {"role": "nurse", "staff": "s3", "patients": ["other0000001"]},
}
PACE: Final = 0.001
"""Days a second: the tests look at the first day, two hours of it at most."""
FACTS: Final[dict[str, Any]] = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}


@dataclass
class Looked:
    """A patient with a very high pressure, and where the Temporal UI is."""

    stack: Stack
    temporal: TemporalServer

    @property
    def listed(self) -> str:
        """Address of the list of runs."""
        assert self.temporal.ui_url is not None
        return self.temporal.ui_url

    def run(self, page: str) -> str:
        """Address of a page of the patient's run."""
        address = f"{self.listed.replace('/namespaces/', '/api/v1/namespaces/')}/{PATIENT}"
        found = httpx.get(address, timeout=10).json()
        return f"{self.listed}/{PATIENT}/{found['workflowExecutionInfo']['execution']['runId']}/{page}"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium; a machine without one fails and says what to install."""
    try:
        with chromium() as found:
            yield found
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="package")
def looked(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, temporal_binary: TemporalBinary
) -> Iterator[Looked]:
    """The system with three tokens, and the patient, who measures 192/112 twice."""
    del browser  # first: nothing need be started where there is no browser
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAREPATH_API_TOKENS", json.dumps(TOKENS))
        with running(tmp_path_factory.mktemp("look"), temporal_binary) as stack:
            stack.http.headers["authorization"] = f"Bearer {OPERATOR}"
            assert stack.demo.temporal is not None
            _live(stack)
            yield Looked(stack, stack.demo.temporal)


def _live(stack: Stack) -> None:
    assert stack.post("patients", {"key": PATIENT, "zone": "Asia/Shanghai", "language": "zh"}).status_code == 201
    body = {
        "patient": PATIENT,
        "pathway": "hypertension_home",
        "facts": FACTS,
        "consent": ["care", "device_data"],
        "rehearsal": {"start": START.isoformat(), "days_per_second": PACE},
    }
    assert stack.post("enrolments", body).status_code in {201, 202}
    until(lambda: _record(stack)["status"] == "active", within=60)
    first = stack.now(PATIENT) - timedelta(seconds=30)
    assert stack.post(f"patients/{PATIENT}/readings", pressure("l1", first, 192, 112)).status_code == 200
    until(lambda: "red" in _record(stack)["flags"], within=60)
    second = first + timedelta(minutes=9)
    stack.wait(PATIENT, second + timedelta(seconds=30))
    assert stack.post(f"patients/{PATIENT}/readings", pressure("l2", second, 190, 110)).status_code == 200
    tasks = until(lambda: stack.get("tasks", patient=PATIENT)["tasks"], within=60)
    # Claimed: else the ladder would climb while the tests look, and what they look for would change.
    assert stack.post(f"tasks/{tasks[0]['id']}/claim", {"role": "nurse"}).status_code == 200


def _record(stack: Stack) -> Any:
    return stack.get(f"patients/{PATIENT}/record")
