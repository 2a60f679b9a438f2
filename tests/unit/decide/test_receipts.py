"""Receipts on the timeline, and the other way that is found when an urgent message did not arrive."""

import pytest

from pathways.decide.effects import PutTask
from pathways.decide.events import Delivery
from tests.unit.decide.test_order_of_rules import CRISIS, world
from tests.unit.decide.test_partners_and_doses import MEDICINES
from tests.unit.decide.world import World, check, pathway, prescription

DAUGHTER = {"id": "cg1", "channels": ["sms"], "topics": ["dose", "red"]}
SON = {"id": "cg2", "channels": ["sms"], "topics": ["visits"]}


def crisis() -> tuple[World, str]:
    w = world(CRISIS, caregivers=[DAUGHTER, SON])
    w.bp(195, 120, w.day(1, "02:00"))
    return w, next(row.key for row in w.rows() if row.message_class == "red")


def doses() -> World:
    w = World(pathway(MEDICINES), caregivers=[DAUGHTER, SON])
    w.enrol(facts={"medicines": [prescription()]})
    return w


def receipt(w: World, message: str, status: str, at: str, day: int = 1) -> None:
    w.send(Delivery(message, status), w.day(day, at))


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_a_receipt_stands_on_the_timeline_once(status: str) -> None:
    w, key = crisis()
    receipt(w, key, "sent", "02:01")
    receipt(w, key, status, "02:02")
    receipt(w, key, status, "02:03")
    assert len(w.words(f"message_{status}")) == 1
    assert not w.words("message_sent")
    assert w.state.sends[key].sent == status
    check(w)


def test_a_late_receipt_takes_nothing_back() -> None:
    w, key = crisis()
    for status, at in (("read", "02:02"), ("delivered", "02:03"), ("undelivered", "02:04"), ("sent", "02:05")):
        receipt(w, key, status, at)
    assert w.state.sends[key].sent == "read"
    assert not w.words("message_undelivered")


def test_a_red_message_that_did_not_arrive_goes_to_the_caregivers_who_may_have_it_and_to_the_staff() -> None:
    w, key = crisis()
    receipt(w, key, "undelivered", "02:10")
    assert w.words("message_undelivered")
    copies = [row for row in w.rows() if row.to == "caregiver"]
    assert [(row.key, row.message_class) for row in copies] == [(f"{key}:cg:cg1", "red")]
    assert copies[0].due == w.day(1, "02:10")  # red does not wait for the morning
    task = next(t for t in w.of(PutTask) if t.key == f"{key}:undelivered")
    assert (task.role, task.level, task.status) == ("nurse", "amber", "open")
    receipt(w, copies[0].key, "undelivered", "02:20")  # a copy that is lost opens nothing more
    assert len({t.key for t in w.of(PutTask) if t.key.endswith(":undelivered")}) == 1
    check(w)


def test_a_dose_that_did_not_arrive_is_told_to_the_caregiver_without_names_while_it_can_be_taken() -> None:
    w = doses()
    w.run(w.day(1, "07:00"))
    key = next(row.key for row in w.rows() if row.message_class == "dose" and row.due == w.day(1, "07:00"))
    receipt(w, key, "undelivered", "07:05")
    copy = next(row for row in w.rows() if row.to == "caregiver")
    assert copy.key == f"{key}:cg:cg1" and "amlodipine" not in copy.text.en.lower()
    assert copy.expires == w.day(1, "10:00")
    assert w.opened("undelivered.remind_dose")
    check(w)


def test_one_task_is_enough_for_a_week_of_lost_doses() -> None:
    w = doses()
    for day in range(1, 6):
        w.run(w.day(day, "07:00"))
        key = next(r.key for r in w.rows() if r.to == "patient" and r.due == w.day(day, "07:00"))
        receipt(w, key, "undelivered", "07:05", day)
    tasks = {t.key for t in w.of(PutTask) if t.key.endswith(":undelivered")}
    assert len(tasks) == 1
    w.task(tasks.pop(), "complete", w.day(5, "10:00"), role="nurse")
    w.run(w.day(6, "07:00"))
    key = next(r.key for r in w.rows() if r.to == "patient" and r.due == w.day(6, "07:00"))
    receipt(w, key, "undelivered", "07:05", 6)
    assert len({t.key for t in w.of(PutTask) if t.key.endswith(":undelivered")}) == 2


def test_a_dose_that_was_taken_all_the_same_opens_nothing() -> None:
    w = doses()
    w.run(w.day(1, "07:00"))
    key = next(row.key for row in w.rows() if row.message_class == "dose" and row.due == w.day(1, "07:00"))
    w.answer("throughout.tablets", w.day(1, "07:02"), outcome="taken")
    receipt(w, key, "undelivered", "07:05")
    assert w.words("message_undelivered")
    assert not w.opened("undelivered.remind_dose")
    assert not [row for row in w.rows() if row.to == "caregiver"]


def test_nobody_is_asked_after_a_death() -> None:
    w, key = crisis()
    w.verb("died", w.day(1, "02:05"))
    receipt(w, key, "undelivered", "02:10")
    assert not w.opened("undelivered.measure_again")
    assert not [row for row in w.rows() if row.to == "caregiver"]
