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
    may wait for it. ``needed``: the pathway has to say what follows it. ``stops_clock``: the partner waits for us, so
    its deadlines stand still until its next word. ``unless``: the outcome whose actions it has where it is not named.
    """

    name: str
    text: Text
    final: bool
    good: bool
    needed: bool = False
    stops_clock: bool = False
    unless: str | None = None


def _word(
    name: str,
    en: str,
    zh: str,
    *,
    final: bool,
    good: bool,
    needed: bool = False,
    stops_clock: bool = False,
    unless: str | None = None,
) -> HandoffWord:
    return HandoffWord(name, Text(en=en, zh=zh), final, good, needed, stops_clock, unless)


_SILENT = _word(SILENT, "no answer in time", "逾期未答复", final=True, good=False, needed=True)
_CANCELLED = _word("cancelled", "cancelled", "已取消", final=True, good=False)


def _failed(unless: str = "declined") -> HandoffWord:
    """To the patient it is all one whether the partner would not or could not."""
    return _word("failed", "failed", "未能完成", final=True, good=False, unless=unless)


def _course(one: str, en: str, zh: str) -> tuple[HandoffWord, ...]:
    """The words of a course of care; ``one`` is what its appointments are called."""
    return (
        _word("accepted", "place confirmed", "已接收", final=False, good=True),
        _word("scheduled", "appointment made", "已预约", final=False, good=True),
        _word("started", "begun", "已开始", final=False, good=True),
        _word(f"{one}_done", f"{en} done", f"已完成一次{zh}", final=False, good=True),
        _word(f"{one}_missed", f"{en} missed", f"错过一次{zh}", final=False, good=False),
        _word("completed", "course completed", "疗程完成", final=True, good=True),
        _word("stopped", "course stopped", "疗程中止", final=True, good=False, needed=True),
        _word("no_slot", "no place free", "暂无名额", final=True, good=False, unless="declined"),
        _word("declined", "declined", "被拒绝", final=True, good=False, needed=True),
        _CANCELLED,
        _failed(),
        _SILENT,
    )


HANDOFF_WORDS: Final[dict[str, tuple[HandoffWord, ...]]] = {
    "pharmacy": (
        _word("accepted", "accepted by the pharmacy", "药房已接单", final=False, good=True),
        _word("preparing", "being prepared", "正在配药", final=False, good=True),
        _word("partly", "partly handed over", "部分发药", final=True, good=True),
        _word("handed_over", "handed over", "已发药", final=True, good=True),
        _word("declined", "declined by the pharmacy", "药房拒绝", final=True, good=False, needed=True),
        _CANCELLED,
        _failed(),
        _SILENT,
    ),
    "referral": (
        _word("accepted", "accepted by the clinic", "专科已接收", final=False, good=True),
        _word("scheduled", "appointment made", "已预约", final=False, good=True),
        _word("unattended", "patient did not come", "患者未到诊", final=False, good=False),
        _word("seen", "patient was seen", "已就诊", final=False, good=True),
        _word("returned", "answer came back", "已反馈意见", final=True, good=True),
        _word("declined", "declined by the clinic", "专科拒绝", final=True, good=False, needed=True),
        _CANCELLED,
        _failed(),
        _SILENT,
    ),
    "insurance": (
        _word("received", "received by the insurer", "保险方已收件", final=False, good=True),
        _word(
            "information_wanted",
            "papers wanted",
            "需补充材料",
            final=False,
            good=False,
            needed=True,
            stops_clock=True,
        ),
        _word("approved", "approved as asked", "按申请批准", final=True, good=True),
        _word("modified", "approved otherwise than asked", "部分批准", final=True, good=True, needed=True),
        _word("denied", "denied", "未批准", final=True, good=False, needed=True),
        _CANCELLED,
        _failed("denied"),
        _SILENT,
    ),
    "rehab": _course("session", "session", "训练"),
    "elder_care": _course("visit", "visit", "服务"),
    "home_nursing": _course("visit", "visit", "护理"),
    "laboratory": (
        _word("ordered", "order taken", "已接单", final=False, good=True),
        _word("collected", "specimen collected", "已采样", final=False, good=True),
        _word("unusable", "specimen cannot be used", "标本不合格", final=False, good=False, needed=True),
        _word("preliminary", "first results are there", "已出初步结果", final=False, good=True),
        _word("resulted", "results are there", "已出结果", final=True, good=True),
        _word("declined", "declined by the laboratory", "检验科拒绝", final=True, good=False, needed=True),
        _CANCELLED,
        _failed(),
        _SILENT,
    ),
}
"""Machine -> its words, in the order in which they come."""


def words_of(machine: str) -> frozenset[str]:
    """Every word of ``machine``, ``silent`` included. Raises KeyError for an unknown machine."""
    return frozenset(word.name for word in HANDOFF_WORDS[machine])


def final_words(machine: str) -> frozenset[str]:
    """The words after which nothing follows. Raises KeyError for an unknown machine."""
    return frozenset(word.name for word in HANDOFF_WORDS[machine] if word.final)


CASES: Final[dict[str, frozenset[str]]] = {
    "claim": frozenset(),
    "preauthorisation": frozenset(),
    "eligibility": frozenset({"information_wanted", "modified"}),
}
"""What an insurer is asked for -> the words it does not have: whether somebody is covered is a yes or a no."""
CASED: Final = frozenset({"insurance"})
"""Kinds of handoff that must say their ``case``."""


def words_for(machine: str, case: str | None = None) -> tuple[HandoffWord, ...]:
    """The words of ``machine`` for this case, in their order; none for an unknown machine."""
    without = CASES.get(case or "", frozenset())
    return tuple(word for word in HANDOFF_WORDS.get(machine, ()) if word.name not in without)


def word_of(machine: str, name: str) -> HandoffWord | None:
    """One word of ``machine``; None where it has none of this name."""
    return next((word for word in HANDOFF_WORDS.get(machine, ()) if word.name == name), None)


def ends_well(machine: str, name: str) -> bool:
    """Whether a handoff that ended so has (at least partly) done what was asked for."""
    word = word_of(machine, name)
    return word is not None and word.good
