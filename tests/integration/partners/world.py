"""A real store, real stand-in partners in processes of their own, and a receiver of their callbacks."""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import httpx
from sqlalchemy import insert, select
from temporalio.testing import ActivityEnvironment

from activities.addresses import Addresses, load_addresses
from activities.contracts import HandoffStepInput, HandoffStepResult
from activities.handoffs.callbacks import Accepted, accept_callback
from activities.handoffs.client import PartnerClients
from activities.handoffs.steps import HandoffSteps
from activities.intake.patients import NewPatient, register_patient
from activities.records import schema
from activities.records.ledger import Ledger, open_ledger
from activities.records.registry import Plans
from tests.integration.processes import Process, until

QUICK = httpx.Timeout(1.0)


class Receiver:
    """Takes callbacks as the API does: the raw body and the headers to `accept_callback`."""

    def __init__(self) -> None:
        self.ledger: Ledger | None = None
        self.patient = ""
        self.addresses = Addresses()
        self.answers: list[tuple[str, str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                partner = self.path.rpartition("/")[2]
                state = json.loads(body)["state"]
                if receiver.ledger is None or not json.loads(body)["identifier"].startswith(receiver.patient):
                    self.send_response(200)  # of a test that is over
                    self.end_headers()
                    return
                taken = accept_callback(receiver.ledger, receiver.addresses, partner, dict(self.headers), body)
                code = ("fresh" if taken.fresh else "again") if isinstance(taken, Accepted) else taken.code
                receiver.answers.append((state, code))
                self.send_response(202 if isinstance(taken, Accepted) else taken.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/callbacks/{{partner}}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Partners:
    """One stand-in partner in a process of its own, for the tests of a module, and the receiver of its callbacks."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.receiver = Receiver()
        self._arguments = ["-m", "carepath", "partners", name, "--json"]
        self._arguments += ["--callback", self.receiver.url, "--day-seconds", "1"]
        self.url = ""
        self.process = self._start("--any-port")

    def _start(self, *more: str) -> Process:
        process = Process([*self._arguments, *more], self.folder, {"CAREPATH_HOME": str(self.folder)})
        told = process.line()
        self.url = told[self.name]["url"]
        self.receiver.addresses = load_addresses(Path(told["file"]))
        return process

    def restart(self) -> None:
        """Kill the partner and start it on its ledger and port again."""
        self.process.kill()
        self.process = self._start()

    def close(self) -> None:
        self.process.stop()
        self.receiver.close()


class PartnerWorld:
    """Everything a handoff needs, and the partner's own ledger to look into."""

    def __init__(self, folder: Path, partners: Partners, url: str = "") -> None:
        self.partners = partners
        self.patient = "p" + uuid.uuid4().hex[:20]
        url = url or f"sqlite:///{folder / 'records.db'}?synchronous=normal"
        self.ledger = open_ledger(url, str(folder / "keys.json"))
        register_patient(self.ledger, NewPatient(key=self.patient, name="Wang Fang"), by="test")
        self.receiver = partners.receiver
        self.receiver.answers.clear()
        self.receiver.ledger, self.receiver.patient = self.ledger, self.patient
        self.clients: list[PartnerClients] = []
        self.woken: list[str] = []
        self.steps = self.speaking()
        self.behave()

    @property
    def url(self) -> str:
        return self.partners.url

    def key(self, number: int = 1) -> str:
        return f"{self.patient}:e1:refill:{number}"

    def speaking(
        self, addresses: Addresses | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> HandoffSteps:
        """Our side, with other addresses or another way over the wire."""
        clients = PartnerClients(addresses or self.receiver.addresses, QUICK, transport)
        self.clients.append(clients)
        return HandoffSteps(self.ledger, clients, Plans(self.ledger.store), self)

    async def wake(self, journey: str) -> None:
        """No journey runs here: who would have been woken is noted."""
        self.woken.append(journey)

    async def close(self) -> None:
        for clients in self.clients:
            await clients.close()
        self.receiver.ledger = None
        self.ledger.close()

    # ----------------------------------------------------------------------- our side

    def handoff(self, number: int = 1, *, machine: str = "pharmacy", partner: str | None = None) -> str:
        key = self.key(number)
        request = {"medicines": [{"id": "rx1", "supply": {"days": 28}}, {"id": "rx2"}]}
        sealed = self.ledger.keys(self.patient).seal("handoff.request", {"title": {}, "request": request})
        now = self.ledger.store.now()
        row = {"journey": self.patient, "number": number, "key": key, "machine": machine, "business_id": key}
        values: dict[str, Any] = row | {"partner": partner or self.partners.name, "request_sealed": sealed}
        values |= {"opened": now, "changed": now}
        self.ledger.store.transact(lambda c: c.execute(insert(schema.handoff).values(**values)))
        return key

    async def step(self, action: str, number: int = 1) -> HandoffStepResult:
        given = HandoffStepInput(
            journey=self.patient, number=number, key=self.key(number), action=cast(Any, action)
        )
        result: HandoffStepResult = await ActivityEnvironment().run(self.steps.step, given)
        return result

    def rows(self, table: Any) -> list[Any]:
        return list(self.ledger.store.read(lambda c: c.execute(select(table)).all()))

    def words(self) -> list[tuple[str, bool]]:
        """What the journey was told, in order."""
        sealer = self.ledger.keys(self.patient)
        found = sorted(self.rows(schema.inbox), key=lambda row: row.seq)
        bodies = [sealer.open("inbox.body", row.body_sealed) for row in found if row.kind == "handoff"]
        return [(body["word"], bool(body.get("final"))) for body in bodies]

    # ----------------------------------------------------------------------- the partner's side

    def behave(self, **values: Any) -> None:
        body = {"manual": True, "hang": 3.0, **_CERTAIN, **values}
        assert httpx.put(f"{self.url}/admin/behaviour", json=body).status_code == 200

    def script(self, *states: str, number: int = 1) -> None:
        """What the partner will do next; each `advance` makes one of them true."""
        moves = [{"state": state} for state in states]
        answer = httpx.post(f"{self.url}/admin/script/{self.key(number)}", json=moves)
        assert answer.status_code == 200

    def advance(self, times: int = 1, number: int = 1) -> None:
        for _ in range(times):
            answer = httpx.post(f"{self.url}/admin/advance/{self.key(number)}")
            assert answer.json() == {"made": 1}

    def book(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/admin/ledger").json()
        return [order for order in found if order["identifier"].startswith(self.patient)]

    def called_back(self, *wanted: tuple[str, str]) -> None:
        """Wait until exactly these callbacks have come, in this order."""
        until(lambda: len(self.receiver.answers) >= len(wanted))
        assert self.receiver.answers == list(wanted)


_CERTAIN: dict[str, Any] = {"silent_rate": 0, "decline_rate": 0, "partly_rate": 0, "unattended_rate": 0}
_CERTAIN["cancel_lost_rate"] = 0

