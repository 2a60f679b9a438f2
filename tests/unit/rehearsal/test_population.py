"""Simulated populations: the same seed gives the same figures on any number of processes; figures add up."""

import json
from pathlib import Path

import pytest

from carepath.rehearsal.behaviour import DEFAULT, Behaviour, BehaviourError, load_behaviour
from carepath.rehearsal.figures import PRICES, Counts, Population, as_json, events_and_actions
from carepath.rehearsal.life import live
from carepath.rehearsal.population import simulate, world_of
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site


def figures(plan: Plan, site: Site, *, patients: int = 45, days: int = 20, seed: int = 7, processes: int = 1) -> str:
    world = world_of([plan], site, load_behaviour(), days, seed)
    done: list[int] = []
    counts = simulate(world, patients, processes, done.append)
    assert sum(done) == patients
    return json.dumps(as_json(Population((plan.id,), site.id, "b", patients, days, seed), counts), sort_keys=True)


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_processes(plan: Plan, site: Site) -> None:
    one = figures(plan, site)
    assert figures(plan, site, processes=2) == one
    assert figures(plan, site, seed=8) != one


def test_figures_add_up(plan: Plan, site: Site) -> None:
    told = json.loads(figures(plan, site, days=40))
    assert told["patient_days"] <= 45 * 40
    for role in told["per_role"].values():
        assert len(role["per_hour_of_week"]) == 168
        assert sum(role["per_hour_of_week"]) == role["tasks"]
    ended = sum(told["ends"].values()) + sum(told["phases_at_the_end"].values())
    assert ended == 45
    assert 0 <= told["alarms"]["share_that_needs_a_person"] <= 1
    assert told["per_patient_week"]["contacts"] <= sum(told["per_patient_week"]["messages"].values())
    text = json.dumps(told)
    assert "/" not in text.replace("hypertension_home", "")


def test_more_silence_means_more_missed(plan: Plan, site: Site) -> None:
    usual = load_behaviour()
    lazy = usual.model_copy(update={"kinds": tuple(k.model_copy(update={"answers": 0}) for k in usual.kinds)})

    def missed(behaviour: Behaviour) -> int:
        counts = simulate(world_of([plan], site, behaviour, 14, 1), 10, 1, lambda _: None)
        return counts["outcome|baseline.measure_bp|missed"]

    assert missed(lazy) > missed(usual)


def test_ticks_are_priced() -> None:
    counts = Counts({f"temporal|{what}": 1 for what in PRICES})
    assert events_and_actions(counts) == (sum(e for e, _ in PRICES.values()), sum(a for _, a in PRICES.values()))
    assert PRICES["due"] == (6, 2)


def test_one_life_depends_on_its_number_only(plan: Plan, site: Site) -> None:
    world = world_of([plan], site, load_behaviour(), 15, 3)
    assert live(world, 5) == live(world, 5)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("share: 48", "share: 49", "add up to 101"),
        ("answers: 93", "answers: 930", "kinds.0.answers"),
        ("hour: 10", "hour: 25", "visits.hour"),
        ("behaviour: 1", "behaviour: 1\nbehaviour: 1", ":"),
        ("visits: {", "visit: {", "visit"),
    ],
)
def test_wrong_behaviour_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "behaviour.yaml"
    file.write_text(DEFAULT.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(BehaviourError, match=says):
        load_behaviour(file)
