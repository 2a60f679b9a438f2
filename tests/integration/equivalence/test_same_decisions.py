"""``decide`` is one function everywhere: over the same recorded rows it gives the same timeline, byte for byte.

Lives go through the real ledger; what it recorded (rows with ``at`` and ``seen``, the instants of the ticks) is then
played to every other caller of ``decide``. Each must tell what the ledger holds.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest

from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState
from pathways.decide.state import apply as apply_here
from tests.integration.equivalence.history import bytes_of, deltas, history, same, told, written
from tests.integration.equivalence.lives import LedgerLife, Recorder, Trouble, lived
from tests.integration.equivalence.players import CALLERS, PLAYERS
from tests.integration.records.house import documents
from workflows.apply import apply

pytestmark = pytest.mark.timeout(300)

DAYS = 40
SEEDS = range(int(os.environ.get("CAREPATH_TEST_EXAMPLES", "4")))
"""More of them for a long search: set the variable."""


def test_every_caller_has_the_same_function() -> None:
    assert {importlib.import_module(name).decide for name in CALLERS} == {decide}


@pytest.mark.parametrize("stretched", [False, True], ids=["wall", "rehearsal"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_and_every_caller_tell_the_same(
    seed: int, stretched: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = _lived(seed, tmp_path, monkeypatch, Trouble(most=4 if seed % 2 else 500), stretched=stretched)
    house, key = life.house, life.key
    try:
        recorded = history(house, key, life.profile)
        kept = written(house, key)
        _states_agree(life, kept["state"])
    finally:
        house.ledger.close()
    assert len(recorded.ticks) > DAYS and kept["timeline"] and kept["tasks"], "nothing happened in this life"
    for player in PLAYERS:
        with monkeypatch.context() as patch:
            decided, state = player(recorded, patch)
        said = told(decided, state)
        _no_more_than_paged(kept, said)
        same(kept, said)


def _no_more_than_paged(kept: dict[str, object], said: dict[str, object]) -> None:
    """Ingest pages a red reading before any tick; where the tick does not want that message the row stands alone."""
    held, wanted = kept["outbox"], said["outbox"]
    assert isinstance(held, dict) and isinstance(wanted, dict)
    for key in held.keys() - wanted.keys():
        assert held[key][2] == "red", key
        wanted[key] = held[key]


def _states_agree(life: LedgerLife, stored: object) -> None:
    """The journey's row, the run that assigned every delta, and every recorded delta assigned anew."""
    assert bytes_of(life.applied) == bytes_of(stored)
    for assign in (apply, apply_here):
        state: dict[str, object] = {}
        epoch = 1
        for number, delta in deltas(life.house, life.key):
            if number != epoch:
                epoch, state = number, {}
            state = assign(state, delta)
        assert bytes_of(state) == bytes_of(stored)


def test_the_lives_hold_what_they_are_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble that never came would show nothing."""
    seen: dict[str, int] = {}
    words: set[str] = set()
    kinds: set[str] = set()
    for seed in range(3):
        life = _lived(seed, tmp_path / str(seed), monkeypatch, Trouble(anew=0.03), stretched=False)
        recorded = history(life.house, life.key, life.profile)
        words |= {row[3] for row in written(life.house, life.key)["timeline"]}
        kinds |= {event.body.kind for tick in recorded.ticks for event in tick.events}
        for what, times in life.what.items():
            seen[what] = seen.get(what, 0) + times
        out_of_order = sum(
            one.at > other.at
            for tick in recorded.ticks
            for one, other in zip(tick.events, tick.events[1:], strict=False)
        )
        seen["out_of_order"] = seen.get("out_of_order", 0) + out_of_order
        life.house.ledger.close()
    assert all(seen.values()), seen
    assert {
        "enrolled",
        "reading",
        "answered",
        "task",
        "staff",
        "preference",
        "handoff",
        "delivery",
        "visit",
    } <= kinds, kinds
    assert {
        "phase_entered",
        "phase_left",
        "planned",
        "rule_confirmed",
        "rung",
        "task_opened",
        "window",
        "verb",
    } <= words, words


def test_a_decision_leaves_the_json_it_began_from_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a tick changed is the difference to the state it was given: sharing a list with it would hide a change."""
    life = _lived(0, tmp_path, monkeypatch, Trouble(), stretched=False)
    recorded = history(life.house, life.key, life.profile)
    life.house.ledger.close()
    site, plan = documents()
    before = new_state(life.key, recorded.start, recorded.profile).to_json()
    for tick in recorded.ticks:
        kept = bytes_of(before)
        state = JourneyState.from_json(before)
        decide({plan.sha256: plan}, site, state, tick.events, tick.now)
        assert bytes_of(before) == kept
        before = state.to_json()


def test_a_row_that_is_missing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: without one reading that mattered the tables part."""
    life = _lived(1, tmp_path, monkeypatch, Trouble(), stretched=False)
    recorded = history(life.house, life.key, life.profile)
    kept = written(life.house, life.key)
    life.house.ledger.close()
    place = next(i for i, tick in enumerate(recorded.ticks) if any(e.body.kind == "reading" for e in tick.events))
    events = recorded.ticks[place].events
    less = type(recorded.ticks[place])(recorded.ticks[place].now, tuple(e for e in events if e.body.kind != "reading"))
    changed = type(recorded)(
        recorded.key, recorded.profile, (*recorded.ticks[:place], less, *recorded.ticks[place + 1 :])
    )
    decided, state = PLAYERS[0](changed, monkeypatch)
    assert bytes_of(told(decided, state)) != bytes_of(kept)


def _lived(
    seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, *, stretched: bool
) -> LedgerLife:
    folder.mkdir(exist_ok=True)
    recorder = Recorder()
    with monkeypatch.context() as patch:
        patch.setattr("activities.tick.decide", recorder)
        url = f"sqlite:///{folder / 'records.db'}?synchronous=normal"
        return lived(url, str(folder / "keys.json"), seed, DAYS, recorder, trouble=trouble, stretched=stretched)
