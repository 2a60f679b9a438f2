"""What a channel is to the courier: it takes a letter and says what became of it.

A channel never tries again by itself and never raises for what the world does; it says which of four things is
true, because the classes of messages differ in what may follow.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery to one address. ``key`` is the same on every try, ``language`` a BCP 47 tag."""

    key: str
    address: str
    message_class: str
    language: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver has taken it. ``provider_id`` matches later receipts."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Certainly not sent; another try may succeed. ``code`` is stable and holds no address."""

    code: str


@dataclass(frozen=True, slots=True)
class Never:
    """Certainly not sent, and this channel will not take it."""

    code: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Perhaps sent: the answer was lost."""

    code: str


Outcome = Sent | NotNow | Never | Unsure


class Channel(Protocol):
    """A way to reach people outside the store."""

    async def send(self, letter: Letter) -> Outcome:
        """Send once. Cancelling leaves it unsure."""
        ...

    async def close(self) -> None:
        """Give up connections."""
        ...


def opaque(key: str) -> str:
    """A short name for a key that tells strangers nothing: for Message-IDs and keys of other people's systems."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]
