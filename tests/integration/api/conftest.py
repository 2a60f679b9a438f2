"""The real application over real records; the run beside it ticks as the workflow does, so verdicts are real."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from activities.addresses import Addresses, load_addresses
from activities.contracts import VerdictMessage
from api.app import create_app
from api.callbacks import Callbacks
from api.security import Caller, read_tokens
from api.service import Service
from tests.integration.records.house import House, Run
from worker.client import Journeys
from worker.codec import KeyCache, SealingCodec
from worker.waker import Waker

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAx"


class Runs:
    """Stands where Temporal is: starts runs, and answers commands by the next tick."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.runs: dict[str, Run] = {}
        self.away = False
        self.told: list[tuple[str, int]] = []
        self.woken: list[str] = []

    @property
    def client(self) -> Runs:
        """Of whom health is asked."""
        return self

    @property
    def service_client(self) -> Runs:
        return self

    async def check_health(self) -> bool:
        return not self.away

    async def start(self, patient: str) -> None:
        self.runs.setdefault(patient, Run(self.house, patient))

    async def wake(self, patient: str) -> bool:
        self.woken.append(patient)
        if patient in self.runs:
            self.runs[patient].tick()
        return True

    async def wake_handoff(self, patient: str, number: int) -> bool:
        self.told.append((patient, number))
        return True

    async def act(self, patient: str, command: str, *, timeout: float = 10.0) -> VerdictMessage | None:
        del timeout
        if self.away or patient not in self.runs:
            return None
        return self.runs[patient].tick([command]).verdicts[command]


class World:
    """One API over one house."""

    def __init__(self, house: House, addresses: Addresses, tokens: dict[str, Caller]) -> None:
        self.house = house
        self.runs = Runs(house)
        self.service = Service(
            house.ledger,
            house.plans,
            cast("Journeys", self.runs),
            cast("Waker", self.runs),
            house.site_sha,
            "example_cn",
        )
        codec = SealingCodec(KeyCache(house.ledger.keyring))
        self.app = create_app(
            self.service, codec, tokens=tokens, callbacks=Callbacks(self.service, addresses), ui_origins=("http://ui",)
        )
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://api")

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.http.post(
            f"/api/v1/{path}", headers={k.replace("_", "-"): v for k, v in headers.items()}, **sent
        )

    async def get(self, address: str, /, **params: Any) -> httpx.Response:
        return await self.http.get(f"/api/v1/{address}", params=params)

    async def enrolled(self, key: str = "patient00001", **given: Any) -> str:
        """A patient enrolled over HTTP."""
        self.house.publish()
        answer = await self.post("patients", {"key": key, "zone": "Asia/Shanghai", "contact": {"name": "Zhang"}})
        assert answer.status_code == 201, answer.text
        facts = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}
        body = {"patient": key, "pathway": "hypertension_home", "facts": facts, "consent": ["care", "device_data"]}
        answer = await self.post("enrolments", {**body, **given})
        assert answer.status_code == 201, answer.text
        assert answer.json()["status"] == "done"
        return key


@pytest.fixture
def records(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of empty records. A test asks for the other kind with `on_both`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}?synchronous=normal"
    return str(request.getfixturevalue("postgres_url"))


on_both = pytest.mark.parametrize(
    "records", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def house(records: str, tmp_path: Path) -> Iterator[House]:
    made = House(records, str(tmp_path / "keys.json"))
    yield made
    made.ledger.close()


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    file = tmp_path / "partners.json"
    partner = {"id": "pharmacy", "kind": "pharmacy", "base_url": "http://127.0.0.1:9", "secrets": [SECRET]}
    gateway = {"url": "http://127.0.0.1:9", "secrets": [SECRET]}
    file.write_text(json.dumps({"partners": [partner], "channels": {"sms": gateway}}))
    return load_addresses(file)


@pytest.fixture
def tokens() -> dict[str, Caller]:
    return {}


@pytest_asyncio.fixture
async def world(house: House, addresses: Addresses, tokens: dict[str, Caller]) -> AsyncIterator[World]:
    made = World(house, addresses, tokens)
    yield made
    await made.http.aclose()


def callers(**rows: Any) -> dict[str, Caller]:
    return read_tokens(json.dumps(rows))
