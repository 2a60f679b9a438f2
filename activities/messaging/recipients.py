"""Who a message is for and where they are reached: contact data of the patient, addresses of staff. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from activities.addresses import Addresses

Json = Any
_FIELD: Final = {"email": "email", "sms": "phone", "call": "phone"}
"""Channel -> field of a person's contact data."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who is told, in ``language``. ``name`` is the patient's, for ``{name}``; staff are not given it.

    ``reached``: channel outside the store -> addresses.
    """

    language: str
    name: str
    reached: Mapping[str, tuple[str, ...]]

    def at(self, channel: str) -> tuple[str, ...]:
        """The addresses on a channel outside the store; none where there is none."""
        return self.reached.get(channel, ())


def recipient(key: str, to: str, contact: Mapping[str, Json], addresses: Addresses) -> Recipient:
    """The recipient of a row: ``to`` is patient, caregiver (the row's key ends in ``:cg:<id>``) or role:<role>."""
    language = str(contact.get("language") or "en")
    name = str(contact.get("name") or "")
    if to.startswith("role:"):
        member = addresses.staff.get(to.removeprefix("role:"))
        if member is None:
            return Recipient(language, "", {})
        return Recipient(member.language, "", {"email": member.email, "sms": member.sms, "call": member.call})
    if to == "caregiver":
        wanted = key.rpartition(":cg:")[2]
        people = [person for person in contact.get("caregivers") or () if str(person.get("id", "")) == wanted]
        found = people[0] if people else {}
        return Recipient(str(found.get("language") or language), name, _personal(found))
    return Recipient(language, name, _personal(contact))


def _personal(contact: Mapping[str, Json]) -> dict[str, tuple[str, ...]]:
    reached = {channel: str(contact.get(field) or "") for channel, field in _FIELD.items()}
    return {channel: (address,) for channel, address in reached.items() if address}
