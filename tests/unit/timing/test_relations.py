"""The nine relations of FHIR, by the table of docs/reference/time.md, and circles of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from pathways.decide.calendar import CalendarContext, occurrences
from pathways.lang.phrases import parse_duration, parse_when, to_when
from pathways.lang.plan_base import Duration
from pathways.lang.plan_when import StepMoment, When
from pathways.lang.relations import RELATIONS, RelationCode
from pathways.timing.relations import (
    Action,
    Offset,
    Placed,
    Related,
    TimelessCircleError,
    circles,
    phrase_of,
    resolve,
    timeless,
)
from tests.unit.tables import World, instant, rows_of

ZONE = "Asia/Shanghai"
START = instant("2026-03-02 08:00", ZONE)
REVIEW = instant("2026-03-10 10:00", ZONE)
TAKES = Duration(amount=2, unit="h")
ROWS = rows_of("time.md", "relations")


def length(text: str) -> Duration:
    tree = parse_duration(text).tree
    assert tree is not None and isinstance(tree.amount, int)
    return Duration(amount=tree.amount, unit=tree.unit)


def offset_of(text: str) -> Offset | None:
    words = text.split()
    match words:
        case []:
            return None
        case ["at", "least", amount, unit]:
            return Offset(length(f"{amount} {unit}"), None)
        case ["at", "most", amount, unit]:
            return Offset(None, length(f"{amount} {unit}"))
        case [low, "to", high, unit]:
            return Offset(length(f"{low} {unit}"), length(f"{high} {unit}"))
        case _:
            return Offset(length(text), length(text))


def relation_of(text: str) -> RelationCode:
    return next(code for code in RELATIONS if code == text)


def compiled(phrase: str) -> When:
    parsed = parse_when(phrase)
    assert parsed.tree is not None, parsed.error
    resolved = to_when(parsed.tree, World())
    assert resolved.value is not None, resolved.problems
    return resolved.value


def far(after: str, of: str) -> tuple[Related, ...]:
    """``review`` itself is due eight days and two hours after the beginning."""
    return (Related(of, "after-start", Offset(length(after), length(after))),)


def _ids(row: dict[str, str]) -> str:
    return f"{row['relation']} {row['offset']}".strip()


@pytest.mark.parametrize("row", ROWS, ids=_ids)
def test_a_relation_places_an_action_as_the_table_says(row: dict[str, str]) -> None:
    related = Related("review", relation_of(row["relation"]), offset_of(row["offset"]))
    actions = [Action("first"), Action("review", TAKES, far("194 h", "first")), Action("mine", None, (related,))]
    found = {one.action: one for one in resolve(actions, START, ZONE, START + timedelta(days=90))}
    assert found["review"].due == REVIEW
    wanted = Placed("mine", 1, instant(row["opens"], ZONE), instant(row["due"], ZONE))
    assert found["mine"] == wanted


@pytest.mark.parametrize("row", ROWS, ids=_ids)
def test_the_phrase_of_a_relation_plans_the_same(row: dict[str, str]) -> None:
    related = Related("review", relation_of(row["relation"]), offset_of(row["offset"]))
    phrase = phrase_of(related, takes=TAKES)
    assert phrase == row["phrase"]

    def step_moment(wanted: StepMoment) -> datetime:
        return REVIEW if wanted.edge == "due" else REVIEW + timedelta(hours=2)

    ctx = CalendarContext(zone=ZONE, start=START, step_moment=step_moment)
    (slot,) = occurrences(compiled(phrase), ctx, START, START + timedelta(days=90))
    assert slot.due == instant(row["due"], ZONE)
    assert (slot.opens or slot.due) == instant(row["opens"], ZONE)


def test_every_relation_stands_in_the_table() -> None:
    assert {row["relation"] for row in ROWS} == set(RELATIONS)


def exactly(text: str) -> Offset:
    return Offset(length(text), length(text))


GIVE_AND_LOOK = [
    Action("give", length("1 h"), (Related("look", "after-end", exactly("1 week")),)),
    Action("look", None, (Related("give", "after-start", exactly("2 weeks")),)),
    Action("report", None, (Related("look", "after", exactly("1 day")),)),
]


def test_a_circle_goes_on_without_end() -> None:
    found = list(islice(resolve(GIVE_AND_LOOK, START, ZONE, START + timedelta(days=36_500)), 6))
    assert [(one.action, one.number, (one.due - START).days) for one in found] == [
        ("give", 1, 0), ("look", 1, 14), ("report", 1, 15), ("give", 2, 21), ("look", 2, 35), ("give", 3, 42),
    ]  # fmt: skip
    assert circles(GIVE_AND_LOOK) == (("give", "look"),)
    assert timeless(GIVE_AND_LOOK) == ()


def test_a_step_of_a_circle_can_be_said_in_a_pathway() -> None:
    phrase = phrase_of(GIVE_AND_LOOK[0].related[0], starts=True)
    assert phrase == "at phase start and 1 week after end of look"
    parsed = parse_when(phrase.replace("look", "review"))
    assert parsed.tree is not None, parsed.error


NO_TIME = [
    [Action("a", None, (Related("a", "after"),))],
    [Action("a", None, (Related("b", "after"),)), Action("b", None, (Related("a", "concurrent"),))],
    [
        Action("a", None, (Related("b", "after", exactly("1 week")),)),
        Action("b", None, (Related("a", "before", exactly("1 week")),)),
    ],
    [
        Action("a", None, (Related("b", "after", exactly("1 week")), Related("b", "concurrent"))),
        Action("b", None, (Related("a", "after-end"),)),
    ],
]


@pytest.mark.parametrize("actions", NO_TIME, ids=["itself", "two", "forth and back", "one of two ways"])
def test_a_circle_in_which_no_time_passes_is_refused(actions: list[Action]) -> None:
    assert timeless(actions) == (tuple(action.id for action in actions),)
    with pytest.raises(TimelessCircleError) as refused:
        list(resolve(actions, START, ZONE, START + timedelta(days=9)))
    assert refused.value.circle == tuple(action.id for action in actions)


def test_time_an_action_takes_is_time_that_passes() -> None:
    actions = [
        Action("a", length("1 h"), (Related("b", "after-end"),)),
        Action("b", None, (Related("a", "after-end"),)),
    ]
    found = list(islice(resolve(actions, START, ZONE, START + timedelta(days=9)), 4))
    assert [(one.action, (one.due - START) // timedelta(hours=1)) for one in found] == [
        ("a", 0), ("b", 1), ("a", 1), ("b", 2),
    ]  # fmt: skip


def test_all_relations_of_an_action_hold_together() -> None:
    def both(days: str) -> Placed:
        related = (
            Related("first", "after", Offset(length("1 day"), length(days))),
            Related("second", "before", Offset(length("2 days"), length("6 days"))),
        )
        actions = [Action("first"), Action("second", None, far("9 days", "first")), Action("mine", None, related)]
        return next(one for one in resolve(actions, START, ZONE, START + timedelta(days=90)) if one.action == "mine")

    def day(number: int) -> datetime:
        return (START + timedelta(days=number)).astimezone(UTC)

    assert both("5 days") == Placed("mine", 1, day(3), day(5))
    assert both("2 days") == Placed("mine", 1, day(3), day(3), conflict=True)


def test_what_stands_before_another_is_given_out_in_order_of_time() -> None:
    actions = [
        Action("surgery", None, far("30 days", "first")),
        Action("wash", None, (Related("surgery", "before", exactly("1 day")),)),
        Action("first"),
    ]
    found = [one.action for one in resolve(actions, START, ZONE, START + timedelta(days=90))]
    assert found == ["first", "wash", "surgery"]


def test_a_relation_to_nothing_is_told() -> None:
    with pytest.raises(KeyError, match="nobody"):
        list(resolve([Action("a", None, (Related("nobody", "after"),))], START, ZONE, START))
