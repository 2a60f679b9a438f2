"""Every text of the decider stands in both languages, with the same holes, and can be filled."""

import re
from string import Formatter

import pytest
from pydantic import ValidationError

from pathways.decide.effects import Timeline
from pathways.decide.texts import TEXTS, made, text, word
from pathways.lang.plan_base import Text
from pathways.lang.plan_handoff_words import HANDOFF_WORDS
from tests.unit.decide.world import World, library


def holes(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_both_languages_say_the_same(key: str) -> None:
    en, zh = TEXTS[key]
    assert holes(en) == holes(zh)
    assert en
    assert not re.search(r"[\u4e00-\u9fff]", en)
    filled = text(key, **dict.fromkeys(holes(en), "x"))
    assert "{" not in filled.en + filled.zh


def test_every_word_of_a_handoff_is_translated() -> None:
    for machine in HANDOFF_WORDS.values():
        for known in machine:
            assert word("out", known.name).zh != known.name


def test_a_word_of_the_author_is_shown_as_it_is() -> None:
    assert word("end", "moved_away").en == "moved away"


def test_what_is_planned_together_is_told_together() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    planned = [e for e in world.of(Timeline) if e.word == "planned"]
    assert len([e for e in planned if e.path == "baseline.measure_bp"]) == 1
    row = next(e for e in planned if e.path == "baseline.measure_bp")
    assert row.data["count"] == len(row.data["occurrences"]) > 10
    assert f"{row.data['count']} times until 2026-03-" in row.text.en
    unsent = [e for e in world.of(Timeline) if e.word == "message_not_sent"]
    assert len(unsent) == len({(e.path, e.why) for e in unsent})


def test_what_is_to_be_shown_is_named_by_its_item() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    row = next(e for e in world.of(Timeline) if e.word == "planned" and e.path == "baseline.welcome")
    assert row.data["item"] == "how_to_measure"
    world.answer("welcome", world.day(0, "12:00"), outcome="read")
    done = next(e for e in world.of(Timeline) if e.outcome == "read")
    assert done.data["item"] == "how_to_measure"


def test_visits_are_named_after_who_is_seen() -> None:
    plan, _ = library()
    recheck = next(s for s in plan.phases["titrate"].steps if s.id == "recheck")
    assert (recheck.title.en, recheck.title.zh) == ("Visit with GP", "全科医生就诊")


def test_words_that_are_known_to_be_text_make_the_same_as_checked_ones() -> None:
    quick, checked = made("two", "二"), Text(en="two", zh="二")
    assert quick == checked and hash(quick) == hash(checked)
    assert quick.model_dump() == checked.model_dump() and quick.model_fields_set == checked.model_fields_set
    assert quick.model_copy(update={"en": "three"}) == Text(en="three", zh="二")
    with pytest.raises(ValidationError):
        setattr(quick, "en", "three")  # noqa: B010
