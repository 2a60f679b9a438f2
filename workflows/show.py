"""What people see of a run in the Temporal UI: search attributes, summaries and the words of a halted run.

Pure functions. Search attributes are never encrypted: only codes may come here. Summaries are; the server takes at
most 400 bytes of one, sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from activities.contracts import PLACE, ShowMessage, VerdictMessage
from workflows.messages import HALTED, NOT_STORED, RUN_CANCELLED

Json = Any

SUMMARY_BYTES: Final = 200

_LISTS: Final = {
    "CarePathways": SearchAttributeKey.for_keyword_list("CarePathways"),
    "CarePhases": SearchAttributeKey.for_keyword_list("CarePhases"),
    "CareFlags": SearchAttributeKey.for_keyword_list("CareFlags"),
}
_WORDS: Final = {
    "CareTier": SearchAttributeKey.for_keyword("CareTier"),
    "CareStatus": SearchAttributeKey.for_keyword("CareStatus"),
    "CareSite": SearchAttributeKey.for_keyword("CareSite"),
}
_COUNTS: Final = {"CareOpenTasks": SearchAttributeKey.for_int("CareOpenTasks")}

NAMES: Final = frozenset((*_LISTS, *_WORDS, *_COUNTS))


def attributes(show: ShowMessage, before: Mapping[str, Json]) -> dict[str, Json]:
    """The search attributes of what a tick says, by name; what it left out is as ``before``."""
    said = {
        "CarePathways": show.pathways,
        "CarePhases": show.phases,
        "CareFlags": show.flags,
        "CareTier": show.tier,
        "CareStatus": show.status,
        "CareSite": show.site,
        "CareOpenTasks": show.open_tasks,
    }
    return {**said, **{name: before[name] for name in PLACE}} if show.same else said


def halted_attributes(before: Mapping[str, Json]) -> dict[str, Json]:
    """The search attributes of a run that cannot go on: as they were, with the flag ``halted``."""
    flags = before.get("CareFlags") or []
    return {**before, "CareFlags": flags if HALTED in flags else [*flags, HALTED]}


def changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[SearchAttributeUpdate[Any]]:
    """The updates that lead from ``before`` to ``after``; none where nothing changed: each upsert is an event."""
    updates: list[SearchAttributeUpdate[Any]] = []
    for name in sorted(after):
        value = after[name]
        if before.get(name) == value or (not value and not before.get(name) and name not in _COUNTS):
            continue
        key: SearchAttributeKey[Any] = _LISTS.get(name) or _WORDS.get(name) or _COUNTS[name]
        updates.append(key.value_set(value) if value or name in _COUNTS else key.value_unset())
    return updates


def clip(text: str, limit: int = SUMMARY_BYTES) -> str:
    """``text`` in at most ``limit`` bytes of UTF-8, cut between characters, with a sign that it was cut."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    return raw[: limit - 3].decode(errors="ignore") + "…"


def summary(decided: str, following: str) -> str:
    """The summary of the timer after a tick: what the tick decided and what comes next."""
    following = clip(following, SUMMARY_BYTES // 2)
    # In the decider's words it begins with its own "next", in the language of the site.
    said = following.startswith(("Next:", "下一步"))
    tail = "" if not following else f" {following}" if said else f" Next: {following}"
    return (clip(decided, SUMMARY_BYTES - len(tail.encode())) + tail).strip()


def joined(before: str, decided: str) -> str:
    """What several ticks decided that no timer has told yet, in their order: nothing twice, cut as a summary is."""
    if not decided or decided in before:
        return clip(before)
    between = " " if before and before[-1].isascii() else ""
    return clip(f"{before}{between}{decided}")


def details(sheet: str) -> str:
    """The case sheet as current details: the frame that the Temporal UI gives it is a line too low, so that an empty
    paragraph at its foot is cut off and not the last reading."""
    return f"{sheet}\n\n\N{NO-BREAK SPACE}" if sheet else ""


def halted_sheet(code: str, sheet: str) -> str:
    """Current details of a halted run: the first four lines carry the message, the last case sheet follows."""
    return (
        f"**Halted / 已停止: {code}**\n\n"
        "The record of an earlier decision does not fit this run. Nothing is decided until it is repaired.\n\n"
        "此前决策的记录与本次运行不一致，修复之前不再作任何决策。\n\n"
        f"---\n\n{sheet}"
    )


def _refusal(code: str, en: str, zh: str) -> VerdictMessage:
    return VerdictMessage(done=False, code=code, en=en, zh=zh)


REFUSED_NOT_STORED: Final = _refusal(
    NOT_STORED,
    "This command is not in the patient's inbox. Store it first, then ask again with the same id.",
    "该指令不在患者的收件箱中。请先存入，再以同一编号重试。",
)
REFUSED_HALTED: Final = _refusal(
    HALTED,
    "This patient's run waits for a repair. The command is kept if it was stored, and acted on afterwards.",
    "该患者的运行正在等待修复。指令如已存入则会保留，修复后执行。",
)
REFUSED_CANCELLED: Final = _refusal(
    RUN_CANCELLED,
    "This patient's run was cancelled from outside. The command is kept if it was stored; the sweeper starts the run "
    "again.",
    "该患者的运行已被外部取消。指令如已存入则会保留；巡检会重新启动运行。",
)
