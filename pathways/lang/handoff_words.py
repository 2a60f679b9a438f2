"""The closed word list of each kind of handoff, for the compiler and for the machines. Pure data.

A word is what a pathway may name under ``deadlines`` and ``outcomes`` of a handoff, and what a handoff reports
to its journey. ``silent`` is never reported: the journey says it when a deadline passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pathways.lang.plan_base import Text

SILENT: Final = "silent"


@dataclass(frozen=True, slots=True)
class HandoffWord:
    """One word.

    ``final``: nothing follows it. ``good``: what was asked for is on its way or (at least partly) done, so a deadline
    may wait for it; every final word that is not good is a way on the pathway must think of.
    """

    name: str
    text: Text
    final: bool
    good: bool


def _word(name: str, en: str, zh: str, *, final: bool, good: bool) -> HandoffWord:
    return HandoffWord(name, Text(en=en, zh=zh), final, good)


_SILENT = _word(SILENT, "no answer in time", "逾期未答复", final=True, good=False)

HANDOFF_WORDS: Final[dict[str, tuple[HandoffWord, ...]]] = {
    "pharmacy": (
        _word("accepted", "accepted by the pharmacy", "药房已接单", final=False, good=True),
        _word("preparing", "being prepared", "正在配药", final=False, good=True),
        _word("partly", "partly handed over", "部分发药", final=True, good=True),
        _word("handed_over", "handed over", "已发药", final=True, good=True),
        _word("declined", "declined by the pharmacy", "药房拒绝", final=True, good=False),
        _word("cancelled", "cancelled", "已取消", final=True, good=False),
        _word("failed", "failed", "未能完成", final=True, good=False),
        _SILENT,
    ),
    "referral": (
        _word("accepted", "accepted by the clinic", "专科已接收", final=False, good=True),
        _word("scheduled", "appointment made", "已预约", final=False, good=True),
        _word("unattended", "patient did not come", "患者未到诊", final=False, good=False),
        _word("seen", "patient was seen", "已就诊", final=False, good=True),
        _word("returned", "answer came back", "已反馈意见", final=True, good=True),
        _word("declined", "declined by the clinic", "专科拒绝", final=True, good=False),
        _word("cancelled", "cancelled", "已取消", final=True, good=False),
        _word("failed", "failed", "未能完成", final=True, good=False),
        _SILENT,
    ),
}
"""Machine -> its words, in the order in which they come."""


def words_of(machine: str) -> frozenset[str]:
    """Every word of ``machine``, ``silent`` included. Raises KeyError for an unknown machine."""
    return frozenset(word.name for word in HANDOFF_WORDS[machine])


def deadline_words(machine: str) -> frozenset[str]:
    """The words a deadline may wait for. Raises KeyError for an unknown machine."""
    return frozenset(word.name for word in HANDOFF_WORDS[machine] if word.good)


def final_words(machine: str) -> frozenset[str]:
    """The words after which nothing follows. Raises KeyError for an unknown machine."""
    return frozenset(word.name for word in HANDOFF_WORDS[machine] if word.final)
