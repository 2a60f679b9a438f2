"""What the Temporal UI says of a partner, in every state."""

from __future__ import annotations

import re

import pytest

from activities.handoffs.book import said
from activities.handoffs.machines import MACHINES

STATES = [(name, state) for name, machine in MACHINES.items() for state in machine.states]


@pytest.mark.parametrize(("name", "state"), STATES)
def test_every_state_has_words_in_both_languages(name: str, state: str) -> None:
    en, zh = said(MACHINES[name], state).split(" / ")
    assert re.fullmatch(r"Partner: [a-z ]+", en), en
    assert re.fullmatch(r"合作方：[\u4e00-\u9fff]+", zh), zh
