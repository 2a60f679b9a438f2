"""Makes the words that sealed bytes are compressed with: `python -m scripts.seal_words NUMBER > .../words_NUMBER.py`.

For a NEW number only. What was sealed with a dictionary opens with the same bytes and no others, so one that was
released is never made again; a better one gets the next number and the next format byte.

It lives two seeded lives of the measured workload (others than are measured), takes what was sealed for histories,
leaves out everything that belongs to this patient, this day or this pathway, and keeps the stretches that most of the
others share.
"""

from __future__ import annotations

import asyncio
import heapq
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from activities.keys.sealing import OwnerKeys
from bench.life import live
from bench.lives import live_through
from bench.ours import Ours
from worker.codec import PURPOSE

SEED: Final = 7
LIVES: Final = 2
BYTES: Final = 28 * 1024
WORD: Final = 8
"""Stretches are weighed by how many samples share each piece of so many bytes."""
LONGEST: Final = 64
COLUMNS: Final = 100

_OWN: Final = re.compile(
    rb"p0{10,}\d+|[0-9a-f]{12,}|\d{4}-\d\d-\d\d|(?<![T:\d])\d{2,}|\br\d+|answer\d|bench_\w+|first_week|daily"
    rb"|throughout\.\w+|measure_bp|week_mean|weekly|questions|refill|doctor|well_being|dizzy|well_done|no_readings"
    rb"|goal_\w+|amlodipine[^\"]*|antihypertensive|Half a year[^\"\\]*|Week's mean|Blood pressure over[^\"\\]*"
    rb"|How are you|Dizziness|Sort out[^\"\\]*|Every day|No readings"
    + "|半年居家血压|（性能测试）|每日测量|周均值".encode()
    + "|本周血压高于目标|近况问卷|头晕|门诊随访|无测量数据|处理续方|坚持半年[^\"]*".encode()
)
"""Of this patient, this day or this pathway: never in a dictionary."""


def samples() -> list[bytes]:
    """Everything of two lives that Temporal keeps, each once: there the bytes are paid for."""
    found: dict[bytes, None] = {}
    seal = OwnerKeys.seal

    def noted(keys: OwnerKeys, purpose: str, data: bytes) -> bytes:
        if purpose == PURPOSE:
            found[data] = None
        return seal(keys, purpose, data)

    async def lives() -> None:
        with tempfile.TemporaryDirectory() as folder:
            ours = Ours(Path(folder), live(SEED, 0).start)
            await live_through(ours, [live(SEED, number) for number in range(LIVES)])
            ours.close()

    holder: Any = OwnerKeys
    holder.seal = noted
    try:
        asyncio.run(lives())
    finally:
        holder.seal = seal
    return list(found)


def stretches(data: bytes) -> Iterator[bytes]:
    """The parts of a sample that could be anybody's."""
    return (part for part in _OWN.split(data) if len(part) >= WORD)


def words(found: list[bytes]) -> bytes:
    """At most `BYTES` of what the samples share, the most shared last, where it is cheapest to point at."""
    shared: Counter[bytes] = Counter()
    parts: dict[bytes, None] = {}
    for data in found:
        mine = list(stretches(data))
        parts.update(dict.fromkeys(mine))
        shared.update({piece for part in mine for piece in _pieces(part)})
    taken: set[bytes] = set()
    # What a stretch adds only shrinks as others are chosen: one whose worth still holds is the best of all.
    heap = [(-_worth(one, shared, taken), one) for one in _candidates(parts)]
    heapq.heapify(heap)
    chosen: list[bytes] = []
    while heap and sum(map(len, chosen)) < BYTES:
        claimed, one = heapq.heappop(heap)
        worth = _worth(one, shared, taken)
        if worth <= 0:
            continue
        if worth < -claimed:
            heapq.heappush(heap, (-worth, one))
            continue
        chosen.append(one)
        taken.update(_pieces(one))
    return b"".join(reversed(chosen))[-BYTES:]


def _candidates(parts: Iterable[bytes]) -> set[bytes]:
    return {part[at : at + LONGEST] for part in parts for at in range(0, len(part), WORD // 2)}


def _pieces(one: bytes) -> set[bytes]:
    return {one[at : at + WORD] for at in range(len(one) - WORD + 1)}


def _worth(one: bytes, shared: Counter[bytes], taken: set[bytes]) -> float:
    """How many samples share its pieces that are not there yet, for each byte of it."""
    counted = sum(shared[piece] for piece in _pieces(one) if piece not in taken and shared[piece] > LIVES)
    return counted / (len(one) + 4)


def module(number: int, content: bytes) -> str:
    """The dictionary as a module of Python."""
    lines = [repr(content[at : at + COLUMNS]) for at in range(0, len(content), COLUMNS)]
    body = "\n".join(f"    {line}" for line in lines)
    return (
        f'"""Words that sealed bytes are compressed with, number {number}. '
        "Made by scripts/seal_words.py; never changed.\n\n"
        'What was sealed with them opens with no others: a better choice gets a number of its own."""\n\n'
        "# ruff: noqa: E501\n"
        "from typing import Final\n\n"
        f"WORDS: Final = (\n{body}\n)\n"
    )


if __name__ == "__main__":
    sys.stdout.write(module(int(sys.argv[1]), words(samples())))
