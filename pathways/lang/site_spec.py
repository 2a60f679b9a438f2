"""The document of a site as its operators write it: what belongs to a place and not to a pathway."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from pathways.lang.diagnostics import Said
from pathways.lang.spec_base import Filled, Id, Listed, Name, Node, Phrase, Plain, Version, YesNo

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days_kind(data: Any) -> str:
    return "\0list" if isinstance(data, list) else "\0word"


class HoursSpec(Node):
    """``{on: [mon, tue], from: 08:00, to: 17:30}``; ``on: working days`` is Monday to Friday without holidays."""

    PLACE = Said("working hours", "工作时间")
    on: Annotated[
        Annotated[list[Weekday], Filled, Tag("\0list")]
        | Annotated[Literal["working days", "every day"], Tag("\0word")],
        Discriminator(_days_kind),
    ]
    start: Phrase = Field(alias="from")
    end: Phrase = Field(alias="to")


class RoleSpec(Node):
    """Who answers for a role, when, and who covers."""

    PLACE = Said("a role of a site", "机构的角色")
    always: YesNo = False
    hours: Annotated[list[HoursSpec], Listed, Filled] | None = None
    works_holidays: YesNo = False
    cover: Name | None = None
    phone: Plain | None = None


class CapSpec(Node):
    """The most messages of a class to one patient."""

    PLACE = Said("a cap", "上限")
    per_day: int | None = None
    per_week: int | None = None


class QuietSpec(Node):
    """When no message goes out but red ones."""

    PLACE = Said("`quiet_hours`", "`quiet_hours`")
    start: Phrase = Field(alias="from")
    end: Phrase = Field(alias="to")
    holidays: YesNo = False


class HolidaySpec(Node):
    """One public holiday: its name and its dates."""

    PLACE = Said("a holiday", "假日")
    name: Plain
    dates: Annotated[list[Phrase], Filled]


class CalendarSpec(Node):
    """Days off and make-up working days."""

    PLACE = Said("`calendar`", "`calendar`")
    version: Plain
    weekend: Annotated[list[Weekday], Filled] | None = None
    holidays: list[HolidaySpec] = []
    make_up_days: list[Phrase] = []


class SeasonSpec(Node):
    """A stretch of the year, as MM-DD."""

    PLACE = Said("a season", "季节")
    start: Phrase = Field(alias="from")
    end: Phrase = Field(alias="to")


class SiteSpec(Node):
    """A whole site file."""

    PLACE = Said("a site", "机构")
    LATER: ClassVar[frozenset[str]] = frozenset({"tolerances", "engagement"})

    site: int
    id: Id
    version: Version
    zone: Name
    profile: Name | None = None
    languages: Annotated[list[Literal["en", "zh"]], Listed, Filled]
    emergency_number: Phrase
    roles: Annotated[dict[Id, RoleSpec], Filled]
    quiet_hours: QuietSpec | None = None
    caps: dict[Literal["red", "care", "dose", "info"], CapSpec] = {}
    calendar: CalendarSpec | None = None
    bundle_within: Phrase | None = None
    partners: dict[Id, Name] = {}
    channels: dict[Id, Annotated[list[Id], Listed, Filled]] = {}
    patient_channels: Annotated[list[Id], Filled] | None = None
    seasons: dict[Id, SeasonSpec] = {}
