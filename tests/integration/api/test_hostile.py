"""Whatever anybody sends: never an error of ours, and never a stored event that a later tick stumbles over.

An event that cannot be decided on halts its patient's run, so every refusal has to come before or from the decider.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from activities.addresses import load_addresses
from api.routes_tasks import VERBS
from tests.integration.api.conftest import World
from tests.integration.records.house import House
from tests.openmhealth import pressure

EXAMPLES = int(os.environ.get("CAREPATH_TEST_EXAMPLES", "100"))

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(st.characters(codec=None, categories=None), max_size=12),
    st.sampled_from(["", "\x00", "\ud800", "NaN", "1e999", "-1", "0", "é" * 300, "2026-02-30", "2026-03-02", "on"]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
moments = st.sampled_from(
    [
        "2026-03-02T08:00:00+08:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2150-01-01T00:00:00Z",
        "2026-03-03T00:00:00",
        "1970-01-01T00:00:00Z",
        "2026-03-04",
        "",
        "now",
    ]
)
soon = st.one_of(st.just("2026-03-02T09:00:00+08:00"), st.just("2026-03-04T08:00:00Z"), moments)
quantities = st.one_of(
    st.fixed_dictionaries({"value": anything, "unit": st.sampled_from(["mm[Hg]", "1", "kPa", "", 5])}),
    st.fixed_dictionaries({"value": st.integers(100, 160), "unit": st.just("mm[Hg]")}),
    anything,
)
steps = st.sampled_from(
    ["baseline.readings", "baseline.welcome", "titrate.recheck", "doses", "throughout.doses", "welcome", "x.y", ""]
)
parts = st.sampled_from(["age", "sex", "conditions", "medicines", "pregnant", "birth_date", "goal_systolic", "no"])
medicine = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.just("rx1"), anything),
        "name": anything,
        "class": st.one_of(st.just(["antihypertensive"]), anything),
        "slots": st.one_of(st.just(["morning"]), st.just(["25:00"]), st.just(["nowhere"]), anything),
        "start": st.one_of(st.just("2026-03-01"), moments, anything),
        "stop": st.one_of(moments, anything),
        "supply": st.one_of(
            st.fixed_dictionaries({"from": st.just("2026-03-01"), "days": st.sampled_from([0, -5, 10**9, 28, "x"])}),
            anything,
        ),
        "as_needed": anything,
    },
)
facts = st.one_of(anything, st.lists(medicine, max_size=2), st.sampled_from([60, "male", ["hypertension"], 10**9, -1]))


@st.composite
def some(
    draw: st.DrawFn, must: dict[str, st.SearchStrategy[Any]], may: dict[str, st.SearchStrategy[Any]]
) -> dict[str, Any]:
    """Fields that make sense; in one body of eight, anything at all stands in one of them."""
    body: dict[str, Any] = draw(st.fixed_dictionaries(must, optional=may))
    if body and draw(st.integers(0, 7)) == 5:
        body[draw(st.sampled_from(sorted(body)))] = draw(anything)
    return body


args = st.fixed_dictionaries(
    {},
    optional={
        "reason": st.one_of(st.just("asked"), anything),
        "fact": parts,
        "parameter": parts,
        "value": st.one_of(quantities, facts),
        "step": steps,
        "event": st.one_of(st.just("r1"), anything),
        "end": st.one_of(st.sampled_from(["moved_away", "finished"]), anything),
        "to": anything,
    },
)
staff = [
    "pause", "resume", "withdraw", "died", "readmitted", "discharged_again", "contact_refused", "transfer", "set_fact",
    "set_parameter", "skip_step", "do_step", "entered_in_error", "end", "dance",
]  # fmt: skip
forms = st.one_of(st.just({}), st.dictionaries(st.sampled_from(["result", "plan", "tolerating", "x"]), anything))
times = st.one_of(
    st.just({"morning": "07:15"}), st.dictionaries(st.sampled_from(["morning", "bedtime", "no"]), anything)
)
outcomes = st.sampled_from(["done", "taken", "not_taken", "read", "x"])
words = st.one_of(st.sampled_from(["e1", "rx1", "patient0001", "\x00"]), st.text(max_size=5))
places = st.one_of(st.none(), words)

enrolments = some(
    {"consent": st.just(["care", "device_data"])},
    {
        "facts": st.dictionaries(parts, facts, max_size=4),
        "parameters": st.dictionaries(st.just("goal_systolic"), quantities, max_size=1),
        "anchors": st.dictionaries(st.sampled_from(["discharge", "x"]), moments, max_size=2),
    },
)
commands = some({"verb": st.sampled_from(staff), "args": args}, {"role": st.just("gp"), "at": soon})
answers = some(
    {"step": steps, "outcome": outcomes},
    {"occurrence": places, "why": words, "form": forms, "medicine": places, "at": soon},
)
visits = some(
    {"step": steps, "verb": st.sampled_from(["book", "done", "no_show", "moved"])},
    {"start": soon, "mode": st.sampled_from(["clinic", "video", "x"]), "form": forms, "at": soon},
)
wishes = some(
    {},
    {
        "consent": st.dictionaries(st.sampled_from(["care", "device_data", "x"]), st.booleans()),
        "opt_out": st.dictionaries(st.sampled_from(["all", "email", "education"]), st.booleans()),
        "channels": st.lists(st.sampled_from(["app", "email", "pigeon"]), max_size=3),
        "language": st.sampled_from(["zh", "en", "xx", "zh-CN"]),
        "zone": st.sampled_from(["Europe/Berlin", "Mars/Base", "", "../etc/passwd", "Pacific/Apia"]),
        "customary_times": times,
    },
)
deeds = some(
    {},
    {"form": forms, "reason": words, "until": soon, "to_role": st.sampled_from(["gp", "nobody"])},
)
requests = st.one_of(
    st.tuples(st.just("commands"), commands),
    st.tuples(st.just("commands"), commands),
    st.tuples(st.just("answers"), answers),
    st.tuples(st.just("visits"), visits),
    st.tuples(st.just("preferences"), wishes),
    st.tuples(st.just("readings"), anything),
    st.tuples(st.just("enrol"), enrolments),
    st.tuples(st.sampled_from(["claim", "complete", "snooze", "cancel", "reassign"]), deeds),
)


class Hostile:
    """One house; each example has a patient of its own, whose run goes on for three days afterwards."""

    def __init__(self, folder: Path) -> None:
        (folder / "partners.json").write_text('{"partners": []}')
        self.house = House(f"sqlite:///{folder / 'records.db'}?synchronous=normal", str(folder / "keys.json"))
        self.world = World(self.house, load_addresses(folder / "partners.json"), {})
        self.runner = asyncio.Runner()
        self.count = 0
        self.house.publish()

    async def send(self, path: str, body: Any) -> Any:
        raw = json.dumps(body).encode()
        answer = await self.world.http.post(
            f"/api/v1/{path}",
            content=raw,
            headers={"content-type": "application/json", "idempotency-key": f"k{self.count}"},
        )
        note(f"{path} {raw!r} -> {answer.status_code} {answer.text[:300]}")
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        return answer

    async def example(self, sent: list[tuple[str, Any]]) -> None:
        self.count += 1
        key = f"patient{self.count:05}"
        await self.world.enrolled(key)
        begun = self.house.now
        for minutes in (1, 11):
            self.house.now = begun + timedelta(minutes=minutes)
            crisis = pressure(f"r{minutes}", self.house.now, 190, 115)
            assert (await self.world.post(f"patients/{key}/readings", crisis)).status_code == 200
        for path, body in sent:
            self.count += 1
            if path == "enrol":
                other = f"patient{self.count:05}"
                await self.world.post("patients", {"key": other})
                await self.send("enrolments", {"patient": other, "pathway": "hypertension_home", **body})
            elif path in VERBS:
                for one in (await self.world.get("tasks", patient=key)).json()["tasks"]:
                    await self.send(f"tasks/{one['id']}/{path}", body)
            else:
                await self.send(f"patients/{key}/{path}", body)
        now = self.house.now
        for run in self.world.runs.runs.values():
            self.house.now = now
            run.tick()
            run.hours(72)
        self.house.now = begun
        self.world.runs.runs.clear()
        for view in ("record", "timeline", "why", "messages", "readings"):
            assert (await self.world.get(f"patients/{key}/{view}")).status_code == 200


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    made = Hostile(tmp_path_factory.mktemp("hostile"))
    yield made
    made.runner.run(made.world.http.aclose())
    made.runner.close()
    made.house.ledger.close()


@pytest.mark.timeout(300)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(st.lists(requests, min_size=1, max_size=5))
def test_nothing_sent_is_an_error_of_ours_or_halts_a_run(hostile: Hostile, sent: list[tuple[str, Any]]) -> None:
    hostile.runner.run(hostile.example(sent))


@pytest.mark.timeout(120)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(
    st.sampled_from(["patients", "enrolments", "patients/patient00001/readings", "callbacks/x", "tasks/x/claim"]),
    st.one_of(st.binary(max_size=60), anything.map(lambda body: json.dumps(body).encode())),
    st.sampled_from(["application/json", "text/plain", "", "application/json; charset=x", "application/fhir+json"]),
)
def test_no_bytes_are_an_error_of_ours(hostile: Hostile, path: str, raw: bytes, kind: str) -> None:
    async def send() -> None:
        for address in (f"/api/v1/{path}", "/codec/decode"):
            answer = await hostile.world.http.post(address, content=raw, headers={"content-type": kind})
            note(f"{address} -> {answer.status_code} {answer.text[:300]}")
            assert answer.status_code < 500

    hostile.runner.run(send())
