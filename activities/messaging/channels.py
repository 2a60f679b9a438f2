"""The configured channels of this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from activities.addresses import Addresses
from activities.messaging.gateway import GatewayChannel
from activities.messaging.ports import Channel
from activities.messaging.smtp import SmtpChannel, smtp_server

APP: Final = "app"
"""The in-app inbox: part of the store, always there, delivered in the transaction that marks the row."""

EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Channels:
    """Ways out by name, and the addresses of staff."""

    outside: Mapping[str, Channel] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=Addresses)

    def has(self, name: str) -> bool:
        """Whether messages can leave on this channel."""
        return name == APP or name in self.outside

    async def close(self) -> None:
        """Close every channel."""
        for channel in self.outside.values():
            await channel.close()


def open_channels(addresses: Addresses, smtp_url: str = "") -> Channels:
    """The channels that are configured: ``email`` when there is a mail server, the gateways of the addresses file.

    Raises:
        ValueError: the mail server's address cannot be read.
    """
    outside: dict[str, Channel] = {name: GatewayChannel(gateway) for name, gateway in addresses.channels.items()}
    if smtp_url:
        outside[EMAIL] = SmtpChannel(smtp_server(smtp_url))
    return Channels(outside, addresses)
