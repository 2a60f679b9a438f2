"""Registration: a person becomes an opaque key, a set of keys of their own and an empty journey."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from sqlalchemy import Connection, insert, select

from activities.intake.refusals import Refusal, refuse
from activities.keys.sealing import KeyUnknownError
from activities.records import audit
from activities.records.ledger import Ledger
from activities.records.schema import journey, patient

_KEY: Final = re.compile(r"[a-z][a-z0-9]{7,39}")
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>,;]{1,64}@[A-Za-z0-9.-]{1,190}")
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class NewPatient:
    """A person to look after. ``key`` None: an opaque one is made. ``site`` is a coded site id.

    ``channels``: in the order they are to be tried; ``customary``: name of a time -> "HH:MM" local;
    ``caregivers``: each with ``id``, ``channels``, ``topics`` and (sealed, for the courier) ``email``, ``phone``.
    """

    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "en"
    zone: str = "UTC"
    key: str | None = None
    site: str = ""
    channels: tuple[str, ...] = ()
    customary: dict[str, str] = field(default_factory=dict)
    caregivers: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """``fresh`` is False when the same registration was stored before."""

    key: str
    fresh: bool


def new_key() -> str:
    """A fresh opaque patient key: 20 letters and digits, about 99 bits."""
    return "p" + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def register_patient(ledger: Ledger, new: NewPatient, *, by: str, site_sha: str | None = None) -> Registered | Refusal:
    """Store a person (contact sealed) and an empty journey; the same key with the same content is no change.

    ``by``: opaque id of who registers. ``site_sha``: the compiled site whose rules hold (see registry).
    """
    found = _judge(new)
    if found is not None:
        return found
    key = new.key or new_key()
    try:
        ledger.keyring.ensure(key)
    except KeyUnknownError:
        return refuse("patient_shredded", field="key")
    sealer = ledger.keys(key)
    contact = contact_json(new)

    def work(connection: Connection) -> Registered | Refusal:
        known = connection.execute(select(patient).where(patient.c.key == key)).one_or_none()
        if known is not None:
            same = sealer.open("patient.contact", known.contact_sealed) == contact
            return Registered(key, fresh=False) if same else refuse("patient_exists", field="key")
        now = ledger.store.now()
        sealed = sealer.seal("patient.contact", contact)
        connection.execute(insert(patient).values(key=key, site=new.site, created=now, contact_sealed=sealed))
        connection.execute(insert(journey).values(key=key, created=now, site_sha=site_sha))
        audit.append(connection, sealer, key, now, [audit.Entry(by, "patient_registered", key)])
        return Registered(key, fresh=True)

    return ledger.store.transact(work)


def contact_json(new: NewPatient) -> dict[str, Any]:
    """What is sealed of a person."""
    return {
        "name": new.name,
        "phone": _dialled(new.phone) if new.phone else "",
        "email": new.email,
        "language": new.language,
        "zone": new.zone,
        "channels": list(new.channels),
        "customary": dict(new.customary),
        "caregivers": [dict(c) for c in new.caregivers],
    }


def _judge(new: NewPatient) -> Refusal | None:
    if new.key is not None and not _KEY.fullmatch(new.key):
        return refuse("patient_key_invalid", field="key")
    for name in ("name", "email", "phone", "language", "site"):
        if len(getattr(new, name)) > _LONGEST:
            return refuse("text_too_long", field=name, limit=_LONGEST)
    try:
        ZoneInfo(new.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return refuse("zone_unknown", field="zone", value=new.zone[:64])
    if new.email and not _EMAIL.fullmatch(new.email):
        return refuse("email_invalid", field="email")
    if new.phone and _dialled(new.phone) is None:
        return refuse("phone_invalid", field="phone")
    return None


def _dialled(phone: str) -> str | None:
    """The number in E.164, or None when it cannot be one. Test ranges are possible numbers, so they pass."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
