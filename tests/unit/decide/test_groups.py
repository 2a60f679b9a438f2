"""Groups of steps where something is in vain, too late or not wanted; the good ways are in tests/patterns."""

import pytest

from tests.unit.decide.world import World, pathway

HEAD = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
"""
TAIL = """
    at_end: [{else: true, end: over}]
ends: {over: {}}
"""
LOST = "missed: {id: lost, task: {en: Lost, zh: 未完成}, role: nurse, due: 1 day}"


def task(name: str, more: str = "") -> str:
    return f"{name}: {{task: {{en: {name}, zh: 任务}}, role: nurse, due: 2 days{more}}}"


def group(word: str, more: str = "", first: str = "", second: str = "") -> World:
    step = f"both: {{when: at phase start, {word}: {{{task('a', first)}, {task('b', second)}}}, {LOST}{more}}}"
    world = World(pathway(f"{HEAD}      {step}\n{TAIL}"), round_trip=True)
    world.enrol()
    return world


def ended(world: World, step: str = "both") -> list[str]:
    return [said for _, said in world.ended(f"one.{step}")]


CASES = [
    # word, more, what becomes of a and of b, how the group ends
    ("all_of", "", "done", "skip", "done"),
    ("all_of", "", "skip", "skip", "skipped: none"),
    ("all_of", "", "done", "cancel", "missed"),
    ("all_of", ", or_none: yes", "skip", "", "skipped: none"),
    ("all_of", ", or_none: yes", "done", "skip", "missed"),
    ("any_of", "", "done", "cancel", "done"),
    ("any_of", "", "cancel", "cancel", "missed"),
    ("any_of", ", or_none: yes", "cancel", "cancel", "skipped: none"),
    ("one_of", "", "cancel", "done", "done"),
    ("one_of", "", "cancel", "cancel", "missed"),
    ("one_of", ", or_none: yes", "cancel", "cancel", "skipped: none"),
    ("in_order", "", "skip", "done", "done"),
    ("in_order", "", "cancel", "", "missed"),
]


@pytest.mark.parametrize(("word", "more", "first", "second", "said"), CASES)
def test_how_a_group_ends(word: str, more: str, first: str, second: str, said: str) -> None:
    world = group(word, more)
    for hour, (name, what) in enumerate((("a", first), ("b", second))):
        at = world.day(0, f"1{hour}:00")
        if what == "done":
            world.task(world.key(name), "complete", at)
        elif what == "skip":
            world.verb("skip_step", at, step=name, reason="not now")
        elif what == "cancel":
            world.task(world.key(name), "cancel", at, reason="no way")
    assert ended(world) == [said]
    assert world.open_ids() == (["lost"] if said == "missed" else [])


WINDOW = ", window: {missed_after: 3 days}"


@pytest.mark.parametrize(
    ("word", "said"), [("all_of", "missed"), ("any_of", "done"), ("in_order", "missed")]
)  # fmt: skip
def test_a_deadline_ends_a_group_and_what_is_left_of_it(word: str, said: str) -> None:
    world = group(word, WINDOW)
    world.task(world.key("a"), "complete", world.day(1, "10:00"))
    world.run(world.day(3, "07:59"))
    assert ended(world) == []
    world.run(world.day(3, "08:01"))
    assert ended(world) == [said] and ended(world, "b") == ["cancelled: not needed"]
    assert world.open_ids() == (["lost"] if said == "missed" else [])


def test_a_member_comes_so_long_after_its_turn() -> None:
    world = group("in_order", second=", when: 2 days later")
    world.task(world.key("a"), "complete", world.day(1, "10:00"))
    world.run(world.day(3, "09:59"))
    assert world.open_ids() == []
    world.run(world.day(3, "10:01"))
    assert world.open_ids() == ["b"]


def test_what_needs_a_member_in_vain_is_in_vain() -> None:
    world = group("all_of", second=", after: a")
    world.task(world.key("a"), "cancel", world.day(0, "10:00"), reason="no way")
    assert ended(world) == ["missed"] and world.opened("b") == []


def test_a_repeat_ends_after_so_many_rounds() -> None:
    repeat = f"tries: {{when: at phase start, repeat: {{{task('a')}}}, until: frail is no, at_most: 2 times, {LOST}}}"
    world = World(pathway(f"{HEAD}      {repeat}\n{TAIL}"), round_trip=True)
    world.enrol()
    world.task(world.key("a"), "complete", world.day(0, "10:00"))
    assert world.open_ids() == ["a"]
    world.task(world.key("a"), "complete", world.day(0, "11:00"))
    assert ended(world, "tries") == ["missed: rounds"] and world.open_ids() == ["lost"]


@pytest.mark.parametrize(
    ("more", "reason", "done"),
    [
        ("", "anything", True),
        (", required: must", "anything", False),
        (", must_unless: {metal: {en: Metal, zh: 金属}}", "anything", False),
        (", must_unless: {metal: {en: Metal, zh: 金属}}", "metal", True),
    ],
)
def test_staff_may_skip_what_is_not_a_must(more: str, reason: str, done: bool) -> None:
    world = group("all_of", first=more)
    event = world.verb("skip_step", world.day(0, "10:00"), step="a", reason=reason)
    assert world.answered(event).done is done
    assert ("a" in world.open_ids()) is not done
