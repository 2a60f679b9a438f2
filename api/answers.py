"""How results are told over HTTP: verdicts, refused readings, texts in the caller's language."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from activities.intake.refusals import Refusal as Refused
from api.problems import Refusal
from api.service import PENDING, Acted

Json = Any


def language_of(request: Request) -> str:
    """``zh`` when the caller asks for Chinese first, else ``en``."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def in_language(request: Request, en: str, zh: str) -> str:
    """One of two texts."""
    return zh if language_of(request) == "zh" else en


def acted(request: Request, done: Acted) -> tuple[int, Json]:
    """200 done, 202 stored and not yet answered; a refusal is a problem document with the run's own sentence."""
    verdict = done.verdict
    if verdict is None:
        return PENDING, {"id": done.id, "status": "pending"}
    if not verdict.done:
        raise Refusal("refused", en=verdict.en, zh=verdict.zh, errors=({"code": verdict.code},))
    text = in_language(request, verdict.en, verdict.zh)
    return 200, {"id": done.id, "status": "done", "code": verdict.code, "text": text}


def refused_reading(request: Request, index: int, id: str, why: Refused) -> dict[str, Json]:
    """One refused reading: its place in what was sent, and the reason."""
    text = in_language(request, why.en, why.zh)
    row: dict[str, Json] = {"index": index, "code": why.code, "reason": text}
    if id:
        row["id"] = id
    if why.field:
        row["field"] = why.field
    return row
