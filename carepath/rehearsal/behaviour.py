"""The stated behaviour of a simulated population: a data file, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pathways.lang.source import read_source

DEFAULT: Final = Path(__file__).with_name("behaviour.yaml")


def _whether(value: Any) -> Any:
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value


Percent = Annotated[int, Field(ge=0, le=100)]
Range = Annotated[tuple[int, int], Field(strict=False)]
Values = dict[str, int]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrescriptionHabit(_Model):
    """What is prescribed to ``share`` percent of the patients."""

    medicine_class: str = Field(alias="class")
    slots: tuple[str, ...]
    supply_days: int
    share: Percent


class FactHabit(_Model):
    """How a fact is spread over the patients: one of the fields is given."""

    between: Range | None = None
    one_of: tuple[str, ...] | None = None
    always: Annotated[bool | str | int | None, BeforeValidator(_whether)] = None
    prescription: PrescriptionHabit | None = None


class Silence(_Model):
    """Spells in which the patient does nothing."""

    once_in_days: int = Field(gt=0)
    days: Range


class PatientKind(_Model):
    """One kind of patient."""

    id: str
    share: Percent
    answers: Percent
    minutes: Range
    silence: Silence | None = None
    withdraws_after_days: Range | None = None


class Level(_Model):
    """Where the values of ``share`` percent of the patients lie."""

    share: Percent
    values: Values


class Better(_Model):
    """A task after which values fall by so much, in ``works`` percent of the times."""

    tasks: tuple[str, ...]
    by: Values
    works: Percent


class Crisis(_Model):
    """Very high values, once in so many days on average; ``again``: percent in which the repeat is as high."""

    once_in_days: int = Field(gt=0)
    values: Values
    spread: Values
    again: Percent


class MeasureHabit(_Model):
    """Values of one catalogue measure, in its units."""

    levels: tuple[Level, ...]
    spread: Values
    better_after: Better | None = None
    crisis: Crisis | None = None


class Answering(_Model):
    """How staff answer."""

    answers: Percent
    minutes: Range
    work_minutes: Range = (0, 0)


class Staff(_Model):
    """Routine tasks, and red ones."""

    routine: Answering
    red: Answering


class Visits(_Model):
    """Who comes, at what hour, and how soon staff book."""

    attended: Percent
    hour: int = Field(ge=0, le=23)
    booked_in_days: Range


class PartnerRow(_Model):
    """One way in which a partner answers: word -> hours after the request."""

    share: Percent
    words: dict[str, Range]


class Behaviour(_Model):
    """Everything that is stated."""

    behaviour: int
    id: str
    start: str
    join_within_days: int = Field(ge=0)
    facts: dict[str, FactHabit]
    kinds: tuple[PatientKind, ...] = Field(min_length=1)
    measures: dict[str, MeasureHabit]
    staff: Staff
    visits: Visits
    partners: dict[str, tuple[PartnerRow, ...]]

    @model_validator(mode="after")
    def _whole(self) -> Behaviour:
        rows: dict[str, int] = {"kinds": sum(kind.share for kind in self.kinds)}
        rows |= {f"measures.{n}.levels": sum(level.share for level in m.levels) for n, m in self.measures.items()}
        rows |= {f"partners.{name}": sum(row.share for row in listed) for name, listed in self.partners.items()}
        for place, total in rows.items():
            if total != 100:
                raise ValueError(f"the shares of {place} add up to {total}, not to 100")
        return self


class BehaviourError(Exception):
    """The file cannot be used; the sentence says where and why."""


def load_behaviour(file: Path | None = None) -> Behaviour:
    """Read a behaviour file (the shipped one when None). Raises BehaviourError with a sentence."""
    path = file or DEFAULT
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BehaviourError(f"{path} cannot be read: {error.strerror}") from error
    source, found = read_source(data, str(path))
    if found:
        first = found[0]
        raise BehaviourError(f"{path}:{first.span.line}:{first.span.column}: {first.message()}")
    try:
        return Behaviour.model_validate(source.value)
    except ValidationError as error:
        one = error.errors()[0]
        place = tuple(part for part in one["loc"] if isinstance(part, (str, int)))
        span = source.span(place)
        where = ".".join(str(part) for part in place)
        raise BehaviourError(f"{path}:{span.line}:{span.column}: {where}: {one['msg']}") from error
