"""The whole product as processes of its own (API, worker, partners, mailbox) over records that can be taken away."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import select

import pathways
from activities.records import schema
from activities.records.ledger import Ledger, open_ledger
from activities.records.registry import put_plan
from carepath.demo.parts import Parts
from carepath.partners.mailbox import MailLedger
from carepath.partners.serve import Options, prepare
from carepath.server.process import TemporalServer, free_port
from tests.integration.processes import until
from tests.services import Postgres
from worker.client import Journeys, connect
from worker.settings import Settings
from worker.site import plan_from, site_from
from workflows.apply import apply

T = TypeVar("T")

LIBRARY = Path(pathways.__path__[0]) / "library" / "hypertension_home"
SITE = Path(pathways.__path__[0]) / "sites" / "example_cn.yaml"
MINUTE_A_SECOND = 1 / 1440
PATIENCE = 90.0
PARTNERS = ("pharmacy", "clinic")
MANUAL = {"manual": True, "silent_rate": 0, "decline_rate": 0, "partly_rate": 0, "unattended_rate": 0}
"""Nothing happens at a partner until the test says so."""
FACTS = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}


class Sqlite:
    """The embedded records; away means that another holds the lock."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "records.db"
        self.url = f"sqlite:///{self.file}?synchronous=normal"

    @contextmanager
    def away(self) -> Iterator[None]:
        lock = sqlite3.connect(self.file, isolation_level=None, timeout=30)
        try:
            lock.execute("BEGIN IMMEDIATE")
            yield
            lock.execute("ROLLBACK")
        finally:
            lock.close()


class Postgresql:
    """Records in a PostgreSQL of the tests' own; away means that the server is not running."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.url = server.new_database()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()


class House:
    """One product. Close it."""

    def __init__(self, folder: Path, temporal: TemporalServer, database: Sqlite | Postgresql) -> None:
        self.folder = folder
        self.temporal = temporal
        self.database = database
        self.parts = Parts(folder / "logs")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.ledger = open_ledger(database.url, str(folder / "keys.json"))
        self.http = httpx.Client(base_url=f"{self.url}/api/v1", timeout=60.0)
        self._settings = Settings(home=folder, temporal_address=temporal.address, database_url=database.url)
        self._senders = ThreadPoolExecutor(4)
        self.partner_urls: dict[str, str] = {}
        self.pathway = ""
        self.parts.environment = {
            "CAREPATH_HOME": str(folder),
            "CAREPATH_DATABASE_URL": database.url,
            "CAREPATH_TEMPORAL_ADDRESS": temporal.address,
            "CAREPATH_SITE": str(SITE),
            "CAREPATH_API_PORT": str(port),
            "CAREPATH_API_URL": self.url,
            "PYTHONTZPATH": "",
        }

    def receivers(self) -> None:
        """Pharmacy, clinic and a mailbox, each a process; patients and nurses are told by mail. Before `open`."""
        file, letters = self.folder / "partners.json", free_port()
        for bound in prepare(PARTNERS, Options(file=file, data=self.folder, any_port=True)).values():
            bound.close()
        addresses = json.loads(file.read_text(encoding="utf-8"))
        addresses["staff"] = {"nurse": {"email": ["nurse@clinic.example"]}, "duty": {"email": ["duty@clinic.example"]}}
        file.write_text(json.dumps(addresses), encoding="utf-8")
        site = self.folder / "site.yaml"
        text = SITE.read_text(encoding="utf-8")
        assert "patient_channels: [app, email]" in text
        site.write_text(text.replace("patient_channels: [app, email]", "patient_channels: [email]"), encoding="utf-8")
        self.parts.environment |= {
            "CAREPATH_PARTNERS": str(file),
            "CAREPATH_SITE": str(site),
            "CAREPATH_SMTP_URL": f"smtp://127.0.0.1:{letters}",
        }
        self.mail = MailLedger(self.folder / "mail.db")
        script = str(Path(__file__).with_name("mailbox.py"))
        self.parts.start("mailbox", script, str(self.folder / "mail.db"), str(letters), ready=lambda: _listens(letters))
        for one in addresses["partners"]:
            self.partner_urls[one["id"]] = one["base_url"]
            arguments = ("partners", one["id"], "--file", str(file), "--day-seconds", "1")
            more = ("--behaviour", json.dumps(MANUAL))
            self.parts.command(one["id"], *arguments, *more, ready=partial(_healthy, f"{one['base_url']}/health"))

    def open(self, pathway: Path = LIBRARY) -> None:
        """Publish the pathway, start API and worker."""
        site = site_from(Path(self.parts.environment["CAREPATH_SITE"]))
        put_plan(self.ledger.store, plan_from(pathway, site))
        self.pathway = pathway.name
        self.parts.command("api", "api", ready=lambda: _healthy(f"{self.url}/health/ready"))
        mark = self.folder / "worker.ready"
        self.parts.command("worker", "worker", "--rehearsal", "--ready-file", str(mark), ready=mark.exists)

    def close(self) -> None:
        self._senders.shutdown(cancel_futures=True)
        self.parts.stop()
        self.http.close()
        self.ledger.close()

    # ------------------------------------------------------------------ from outside

    def enrol(self, key: str, *, days_per_second: float = MINUTE_A_SECOND, **given: Any) -> None:
        """A patient on the pathway, whose run has begun."""
        new = {"key": key, "zone": "Asia/Shanghai", "language": "zh", **given.pop("patient", {})}
        body = {"patient": key, "pathway": self.pathway, "facts": FACTS, "consent": ["care", "device_data"], **given}
        body["rehearsal"] = {"start": "2026-03-02T02:00:00+00:00", "days_per_second": days_per_second}
        self.send("patients", new, f"new-{key}").result()
        self.send("enrolments", body, f"enrol-{key}").result()
        until(lambda: self.get(f"patients/{key}/record")["status"] == "active", within=PATIENCE)

    def get(self, path: str, **params: Any) -> Any:
        """What a GET gives."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def partner(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """What a partner's own routes say."""
        answer = httpx.request(method, f"{self.partner_urls[name]}{path}", json=body, timeout=10.0)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def behave(self, name: str, **faults: Any) -> None:
        """Have a partner show faults, and no others."""
        self.partner(name, "PUT", "/admin/behaviour", {**MANUAL, **faults})

    def orders(self, name: str) -> list[Any]:
        """The partner's own ledger."""
        return list(self.partner(name, "GET", "/admin/ledger"))

    def restart_killed(self, name: str) -> None:
        """Start a part again that was killed."""
        part = self.parts.restart(name)
        until(lambda: _healthy(f"{self.partner_urls[name]}/health"), within=PATIENCE)
        assert part.alive()

    def now(self, patient: str) -> datetime:
        """The patient's clock."""
        return datetime.fromisoformat(self.get(f"patients/{patient}/clock")["now"])

    def send(self, path: str, body: Any, key: str, heard: list[int] | None = None) -> Future[list[int]]:
        """Post as a device does: again with the same key until it is taken; gives the statuses it was answered with.

        ``heard``: is given each status as it comes.
        """
        statuses: list[int] = [] if heard is None else heard

        def insist() -> list[int]:
            end = time.monotonic() + 3 * PATIENCE
            while True:
                answer = self.http.post(path, json=body, headers={"Idempotency-Key": key})
                statuses.append(answer.status_code)
                if answer.status_code in {200, 201}:
                    return statuses
                assert answer.status_code in {202, 429, 503}, answer.text
                assert time.monotonic() < end, statuses
                time.sleep(float(answer.headers.get("retry-after", 1)))

        return self._senders.submit(insist)

    def ask(self, work: Callable[[Journeys], Coroutine[Any, Any, T]]) -> T:
        """Talk to Temporal as the product does."""

        async def run() -> T:
            client = await connect(self._settings, self.ledger.keyring, patience=PATIENCE)
            return await work(Journeys(client, self._settings.task_queue))

        return asyncio.run(run())

    # ------------------------------------------------------------------ from inside

    def rows(self, query: Any) -> list[Any]:
        return list(self.ledger.store.read(lambda c: c.execute(query).all()))


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def sound(house: House, patient: str) -> None:
    """The run goes on and agrees with its ledger; no tick is missing; what was planned ended once or still stands."""
    view = house.ask(lambda journeys: journeys.view(patient, timeout=PATIENCE))
    assert view.halted == ""
    ledger: Ledger = house.ledger
    sealer = ledger.keys(patient)
    mine = select(schema.tick).where(schema.tick.c.journey == patient).order_by(schema.tick.c.sequence)
    ticks = [row for row in house.rows(mine) if row.sequence < view.sequence]
    assert [(row.epoch, row.sequence) for row in ticks] == [(1, number) for number in range(view.sequence)]
    state: dict[str, Any] = {}
    planned: set[str] = set()
    for row in ticks:
        delta = sealer.open("tick.result", row.result_sealed)["delta"]
        planned |= {key for key, record in delta.get("occurrences", {}).items() if record is not None}
        state = apply(state, delta)
    assert state == view.state
    end = schema.occurrence_end
    ended = Counter(
        row.occurrence
        for row in house.rows(select(end.c.occurrence, end.c.sequence).where(end.c.journey == patient))
        if row.sequence < view.sequence
    )
    assert set(ended.values()) <= {1}
    assert planned == set(ended) | set(state["occurrences"])
    assert not set(ended) & set(state["occurrences"])
    kinds = {row.kind for row in house.rows(select(schema.incident.c.kind))}
    assert not kinds & {"double_end", "ledger_mismatch", "loop_cut"}
