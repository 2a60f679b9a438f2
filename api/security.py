"""Who may do what: bearer tokens with a role, deny by default.

`CAREPATH_API_TOKENS` is a JSON object, or `@file` that holds one: `{"<token>": {"role": "nurse", "staff": "s17",
"patients": ["<key>", …]}}`. `patients` limits the token to those patients; without it the token reaches all. Roles: the
site's roles, each acting in its own name only, and `device` (may only post readings), `partner` (may do nothing:
callbacks are signed), `auditor` (may only read), `patient` (own record only; `patients` is compulsory), `operator` (may
act in every role). What each access means: `read`; `readings`; `write` what a patient says (answers, bookings,
wishes); `operate` what staff do (registration, enrolment, commands, tasks, the outcome of a visit).

Without tokens the API serves only the machine it runs on: `open_to` refuses any other listening address.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import Request

from api.problems import Refusal

OPERATOR: Final = "operator"
"""The role of whoever runs the system: acts in every role, and says in which."""
Access = Literal["read", "write", "readings", "operate"]
_ONLY: Mapping[str, frozenset[str]] = {
    "device": frozenset({"readings"}),
    "partner": frozenset(),
    "auditor": frozenset({"read"}),
    "patient": frozenset({"read", "readings", "write"}),
}


@dataclass(frozen=True)
class Caller:
    """Who calls: an opaque id, a role, and the patients it is limited to (None: all)."""

    id: str
    role: str
    patients: frozenset[str] | None = None

    @property
    def sender(self) -> str:
        """Who something comes from, as records name it: a patient is told by the record, everybody else by the id."""
        return "patient" if self.role == "patient" else self.id

    def require(self, access: Access, patient: str | None = None) -> None:
        """Refuse (403) what the role or the patient list does not allow."""
        self.may(access)
        if self.patients is not None and (patient is None or patient not in self.patients):
            raise Refusal("forbidden")

    def may(self, access: Access) -> None:
        """Refuse (403) what the role does not allow for anybody."""
        allowed = _ONLY.get(self.role)
        if allowed is not None and access not in allowed:
            raise Refusal("forbidden")

    def acting_as(self, role: str | None) -> str | None:
        """The role in which something is done: that of the token. An operator acts for whoever is named.

        Raises Refusal (403) where a token names another role than its own: a nurse's token is no doctor's.
        """
        if self.role == OPERATOR:
            return role
        if role is not None and role != self.role:
            raise Refusal("role_taken")
        return self.role


LOCAL = Caller("local", OPERATOR)
"""Whoever calls from this machine while no tokens are configured."""


class TokensWrong(ValueError):
    """The token setting cannot be read."""


def read_tokens(setting: str) -> dict[str, Caller]:
    """Callers by token. Raises TokensWrong with what to mend; never shows a token."""
    if not setting:
        return {}
    try:
        text = Path(setting[1:]).read_text(encoding="utf-8") if setting.startswith("@") else setting
        data: Any = json.loads(text)
        callers = {
            token: Caller(
                str(row["staff"]), str(row["role"]), None if row.get("patients") is None else frozenset(row["patients"])
            )
            for token, row in data.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise TokensWrong(f"CAREPATH_API_TOKENS must be a JSON object: token to role and staff ({kind})") from error
    if any(len(t) < 24 for t in callers):
        raise TokensWrong("every token needs at least 24 characters")
    if any(c.role == "patient" and not c.patients for c in callers.values()):
        raise TokensWrong("a token of a patient needs `patients`")
    return callers


def open_to(host: str, tokens: Mapping[str, Caller]) -> bool:
    """Whether the API may listen on `host`: anywhere with tokens, on loopback only without."""
    if tokens:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Gate:
    """FastAPI dependency that turns a request into a `Caller`."""

    def __init__(self, tokens: Mapping[str, Caller]) -> None:
        self._tokens = tokens

    def __call__(self, request: Request) -> Caller:
        """The caller, or 401. Compares in constant time against every token."""
        if not self._tokens:
            return LOCAL
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        found: Caller | None = None
        for token, caller in self._tokens.items():
            if hmac.compare_digest(token.encode(), given.encode()):
                found = caller
        if scheme.lower() != "bearer" or found is None:
            raise Refusal("unauthorised", headers={"WWW-Authenticate": "Bearer"})
        return found
