"""What is asked of an expansion, as people write it: zones and local times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones


def is_zone(name: str) -> bool:
    """Whether it is an IANA zone such as Asia/Shanghai."""
    return name in available_timezones()


def instant_of(text: str, zone: str) -> datetime | None:
    """A local time of the zone (ISO 8601; an offset wins; a date is its first moment) as an instant.

    None if it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
