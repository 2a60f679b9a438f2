"""Every text of the decider stands in both languages, with the same holes, and can be filled."""

import re
from string import Formatter

import pytest

from pathways.decide.texts import TEXTS, text, word
from pathways.lang.handoff_words import HANDOFF_WORDS


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
