"""Addresses and secrets of the outside world: partners, staff, message gateways. One file, never part of a pathway.

The file (TOML, or JSON of the same shape) is named by the setting ``CAREPATH_PARTNERS``::

    [[partners]]
    id = "pharmacy"                      # what a site's `partners` maps to
    kind = "pharmacy"                    # the machine it speaks
    base_url = "https://pharmacy.example"
    secrets = ["whsec_..."]              # signs its callbacks; several while a secret is being changed
    token = "..."                        # sent as a bearer token

    [staff.nurse]                        # a role of the site
    language = "zh"
    email = ["nurse@clinic.example"]
    sms = ["+86..."]

    [channels.sms]                       # an HTTP gateway for a channel of the site
    url = "https://gateway.example/messages"
    token = "..."
    secrets = ["whsec_..."]              # signs its receipts (delivered, read, undelivered); without one none are taken
"""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)


class AddressesError(ValueError):
    """The file cannot be used. The text says where and why, and never shows a value."""

    code = "E-ADDRESSES"


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an absolute http or https address")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must hold no query, fragment or user")
    return text.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _readable(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().removeprefix("whsec_")
    try:
        raw = base64.b64decode(text + "==")
    except (binascii.Error, ValueError):
        raise ValueError("a secret is `whsec_` and base64") from None
    if len(raw) < 24:
        raise ValueError("a secret holds at least 24 bytes")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_readable)]
"""A Standard Webhooks secret."""


class Partner(_Part):
    """One partner: ``kind`` is the id of a machine, ``secrets`` Standard Webhooks secrets (newest first)."""

    id: str = Field(min_length=1)
    kind: str
    base_url: HttpUrl
    secrets: tuple[Secret, ...] = Field(min_length=1)
    token: SecretStr = SecretStr("")


class StaffMember(_Part):
    """Where a role is reached. Each channel: addresses, all of them are told."""

    language: str = "en"
    name: str = ""
    email: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()
    call: tuple[str, ...] = ()

    def at(self, channel: str) -> tuple[str, ...]:
        """The addresses on ``channel``; none where the role has none there."""
        listed = {"email": self.email, "sms": self.sms, "call": self.call}
        return listed.get(channel, ())


class Gateway(_Part):
    """An HTTP message gateway of one channel. ``secrets`` sign its receipts (newest first); empty: none are taken."""

    url: HttpUrl
    token: SecretStr = SecretStr("")
    secrets: tuple[Secret, ...] = ()


class Addresses(_Part):
    """The whole file. Empty: no partner, no staff address, no gateway."""

    partners: tuple[Partner, ...] = ()
    staff: dict[str, StaffMember] = {}
    channels: dict[str, Gateway] = {}

    @field_validator("partners")
    @classmethod
    def _once(cls, partners: tuple[Partner, ...]) -> tuple[Partner, ...]:
        ids = [partner.id for partner in partners]
        if len(set(ids)) != len(ids):
            raise ValueError("two partners have the same id")
        return partners

    @model_validator(mode="after")
    def _apart(self) -> Addresses:
        if found := sorted({partner.id for partner in self.partners} & set(self.channels)):
            raise ValueError(f"`{found[0]}` is a partner and a channel: both call back under their name")
        return self

    def partner(self, id_: str) -> Partner | None:
        """The partner with this id, or None."""
        return next((partner for partner in self.partners if partner.id == id_), None)


def load_addresses(path: Path | None) -> Addresses:
    """Read the file; None gives empty addresses.

    Raises:
        AddressesError: the file is not there, not TOML or JSON, or of another shape.
    """
    if path is None:
        return Addresses()
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return Addresses.model_validate(data)
    except OSError as error:
        raise AddressesError(f"{path.name} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AddressesError(f"{path.name}, {where}: {first['msg']}") from None
    except ValueError as error:
        raise AddressesError(f"{path.name} is neither TOML nor JSON: {error}") from None
