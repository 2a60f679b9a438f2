"""The command line's way to the API: one call, its answer as JSON, its refusals as problems."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlencode

import typer

from worker.problems import WRONG_INPUT, Problem, language_of
from worker.settings import Settings, load_settings

Json = Any
PROBLEM: Final = "application/problem+json"
_UNKNOWN_CALLER: Final = 401
_COME_AGAIN: Final = 429
_OURS: Final = 500
_WAIT: Final = 30.0
"""Seconds. The API itself answers a command within ten, with its verdict or with "pending"."""


class Api:
    """Calls to the API named by the settings."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()

    def get(self, *parts: str, **params: object) -> Json:
        """A GET under ``/api/v1``; each of ``parts`` is one part of the address, as it is. Raises Problem."""
        given = {name: value for name, value in params.items() if value is not None}
        query = f"?{urlencode(given, errors='surrogateescape')}" if given else ""
        return self._call("GET", address(*parts) + query)

    def post(self, *parts: str, body: Mapping[str, Json]) -> Json:
        """A POST under ``/api/v1``; each of ``parts`` is one part of the address, as it is. Raises Problem."""
        return self._call("POST", address(*parts), body)

    def _call(self, method: str, path: str, body: Mapping[str, Json] | None = None) -> Json:
        import httpx

        headers: dict[str, str] = {"Accept-Language": language_of(os.environ)}
        content = None
        if body is not None:
            content, headers["Content-Type"] = exact_json(body).encode(), "application/json"
        token = self._settings.api_token.get_secret_value()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        base = self._settings.public_api_url
        try:
            answer = httpx.request(method, f"{base}/api/v1/{path}", content=content, headers=headers, timeout=_WAIT)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # What answers without JSON is some other program.
            raise Problem("E-API-UNREACHABLE", address=base) from error
        if answer.is_success:
            return found
        if not answer.headers.get("content-type", "").startswith(PROBLEM) or not isinstance(found, dict):
            raise Problem("E-API-UNREACHABLE", address=base)
        raise refused(answer.status_code, found, base)


def address(*parts: str) -> str:
    """Parts of an address, each quoted whole: no id can lead to another address."""
    return "/".join(quote(part, safe="", errors="surrogateescape") for part in parts)


def refused(status: int, document: Mapping[str, Json], base: str) -> Problem:
    """A problem document of the API as a problem of the command: whose fault it is decides the exit code."""
    if status == _UNKNOWN_CALLER:
        return Problem("E-API-TOKEN", address=base)
    rows = [row for row in document.get("errors", ()) if isinstance(row, dict)]
    reasons = [str(document.get("detail", ""))]
    reasons += [f"{row.get('field')}: {row['problem']}" for row in rows if "problem" in row]
    # A reading is refused with a reason and its place in what was sent.
    reasons += [str(row["reason"]) for row in rows if "reason" in row]
    reason, refusal = " ".join(r for r in reasons if r), document.get("code", status)
    if status >= _OURS or status == _COME_AGAIN:
        return Problem("E-API-TROUBLE", address=base, refusal=refusal, reason=reason)
    return Problem("E-REFUSED", refusal=refusal, reason=reason, status=status, errors=rows)


def exact_json(value: Json) -> str:
    """JSON text in which a Decimal is the number it was written as: 7.10 stays 7.10."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k))}:{exact_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(exact_json(v) for v in value) + "]"
    return json.dumps(value, allow_nan=False)


def json_argument(name: str, given: str | None) -> dict[str, Json]:
    """A JSON object given as text or as ``@file``. Raises Problem."""
    if not given:
        return {}
    text = given
    if given.startswith("@"):
        try:
            text = Path(given[1:]).read_bytes().decode("utf-8")
        except OSError as error:
            raise Problem("E-FILE", file=given[1:], reason=error.strerror or "") from error
        except UnicodeDecodeError as error:
            raise Problem("E-JSON", name=name, reason="not UTF-8") from error
    try:
        found = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Problem("E-JSON", name=name, reason=str(error)) from error
    if not isinstance(found, dict):
        raise Problem("E-JSON", name=name, reason="not an object")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Of two values under one name none is taken."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def command_id() -> str:
    """The id of a command given at the terminal."""
    return f"cli-{uuid.uuid4().hex}"


def act_on_patient(
    patient: str, verb: str, *, enrolment: str | None, reason: str | None, role: str | None, as_json: bool
) -> None:
    """Give one command about a patient, and tell the verdict. Raises Problem."""
    args = {} if reason is None else {"reason": reason}
    body = {"id": command_id(), "verb": verb, "enrolment": enrolment, "role": role, "args": args}
    answer = Api().post("patients", patient, "commands", body=body)
    tell(answer, as_json, [answer.get("text") or answer["status"]])


def tell(answer: Json, as_json: bool, lines: list[str]) -> None:
    """Print the answer: JSON on standard output, or lines for people."""
    if as_json:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def leave_wrong() -> NoReturn:
    """End the command with exit code 1: the input was judged and found wrong, and the answer has said so."""
    raise typer.Exit(WRONG_INPUT)
