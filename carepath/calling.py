"""The command line's way to the API: one call, its answer as JSON, its refusals as problems."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from worker.problems import Problem, language_of
from worker.settings import Settings, load_settings

Json = Any


class Api:
    """Calls to the API named by the settings."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()

    def get(self, address: str, /, **params: object) -> Json:
        """A GET under ``/api/v1``. Raises Problem."""
        return self._call("GET", address, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body: Mapping[str, Json]) -> Json:
        """A POST under ``/api/v1``. Raises Problem."""
        return self._call("POST", path, body=body)

    def _call(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Mapping[str, Json] | None = None
    ) -> Json:
        import httpx

        headers: dict[str, str] = {"Accept-Language": language_of(os.environ)}
        content = None
        if body is not None:
            content, headers["Content-Type"] = exact_json(body).encode(), "application/json"
        token = self._settings.api_token.get_secret_value()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self._settings.public_api_url}/api/v1/{path}"
        try:
            answer = httpx.request(method, url, params=params, content=content, headers=headers, timeout=30.0)
        except httpx.HTTPError as error:
            raise Problem("E-API-UNREACHABLE", address=self._settings.public_api_url) from error
        if answer.status_code >= 400:
            raise self._refused(answer.status_code, answer.text)
        return answer.json()

    @staticmethod
    def _refused(status: int, text: str) -> Problem:
        try:
            document = json.loads(text)
        except ValueError:
            return Problem("E-REFUSED", refusal=status, reason=f"HTTP {status}")
        reasons = [document.get("detail", "")]
        reasons += [
            f"{row.get('field')}: {row.get('problem')}" for row in document.get("errors", ()) if "problem" in row
        ]
        return Problem("E-REFUSED", refusal=document.get("code", status), reason=" ".join(r for r in reasons if r))


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
            text = Path(given[1:]).read_text(encoding="utf-8")
        except OSError as error:
            raise Problem("E-FILE", file=given[1:], reason=error.strerror or "") from error
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Problem("E-JSON", name=name, reason=str(error)) from error
    if not isinstance(found, dict):
        raise Problem("E-JSON", name=name, reason="not an object")
    return found


def tell(answer: Json, as_json: bool, lines: list[str]) -> None:
    """Print the answer: JSON on standard output, or lines for people."""
    if as_json:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
