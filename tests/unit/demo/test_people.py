"""The people of the demo: every measured person is played, and the file of habits says nothing in vain."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from carepath.demo.people import DATA, cast_of, read_cast, read_pressures

HABITS = (DATA / "habits.yaml").read_text(encoding="utf-8")


def test_fifty_persons_are_shared_out_over_twelve_patients() -> None:
    people = cast_of(read_cast(), "run", 12)
    assert len(people) == 12 and people[0].persons == (1, 13, 25, 37, 49)
    assert Counter(number for person in people for number in person.persons) == Counter(range(1, 51))


def test_every_reading_is_used_once_and_in_order() -> None:
    pressures = list(read_pressures().values())
    people = cast_of(read_cast(), "run", 12)
    for person in people:
        assert list(person.pressures) == [pair for number in person.persons for pair in pressures[number - 1]]
    assert sum(len(person.pressures) for person in people) == sum(len(rows) for rows in pressures) == 431


def test_fewer_patients_play_the_same_shares() -> None:
    cast = read_cast()
    assert [p.persons for p in cast_of(cast, "run", 3)] == [p.persons for p in cast_of(cast, "run", 12)][:3]


def test_a_second_run_is_the_same_but_for_the_keys() -> None:
    cast = read_cast()
    one, other = cast_of(cast, "a", 12), cast_of(cast, "b", 12)
    assert [p.chance("x") for p in one] == [p.chance("x") for p in other]
    assert not {p.key for p in one} & {p.key for p in other}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("forgets: 0.02", "forgets: 1.02"),
        ("forgets: 0.02", "forgest: 0.02"),
        ("age: 67", "age: old"),
        ("age: 67", "age: 67, age: 68"),
        ("zone: Asia/Urumqi", "zone: Asia/Nowhere"),
        ("stops: 95", "stops: -1"),
        ("silent: [30, 7]", "silent: [30]"),
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00"),
        ("join_apart_days: 2", "join_apart: 2"),
        ("language: en, late", "language: fr, late"),
    ],
)
def test_the_file_of_habits_is_strict(old: str, new: str) -> None:
    assert old in HABITS
    with pytest.raises((ValueError, ValidationError)):
        read_cast(HABITS.replace(old, new, 1))
