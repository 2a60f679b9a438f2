"""Evidence, profiles, facts, parameters, eligibility, measures and derived values: from document to plan."""

from __future__ import annotations

import re
from decimal import Decimal

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import ENDS_ALLOW, compile_actions
from pathways.lang.compile_merge import check_merge
from pathways.lang.compile_reader import NOTHING, Reader
from pathways.lang.diagnostics import Said
from pathways.lang.phrases import parse_quantity_range
from pathways.lang.plan import (
    Adjustable,
    BaselineDays,
    Derived,
    Eligibility,
    Evidence,
    Exclusion,
    Fact,
    Measure,
    MeasureComponent,
    Newest,
    Parameter,
    ParamRow,
    ParamValue,
    Take,
)
from pathways.lang.plan_base import Duration, Quantity, Text
from pathways.lang.resolve import PROFESSIONS, READING_ATTRIBUTES, SETTINGS, Scope
from pathways.lang.source import Path
from pathways.lang.spec import COUNTING, FUNCTIONS, DerivedSpec, FactSpec, MeasureSpec, NewestSpec, ParameterSpec
from pathways.lang.units import comparable, convert

READING_SOURCES = ("device", "patient", "staff", "file", "ehr")


def compile_evidence(r: Reader) -> dict[str, Evidence]:
    """The citations."""
    return {name: Evidence(id=name, cite=e.cite, year=e.year, checked=e.checked) for name, e in r.spec.evidence.items()}


# --------------------------------------------------------------------------- facts


def compile_facts(r: Reader) -> dict[str, Fact]:
    """What is known about the patient."""
    return {name: _fact(r, ("facts", name), name, spec) for name, spec in r.spec.facts.items()}


def _fact(r: Reader, path: Path, name: str, spec: FactSpec) -> Fact:
    scope = Scope(r.symbols)
    question = text_of(spec.question) if spec.question is not None else None
    asked = spec.ask_at is not None or spec.ask_again is not None
    if question is None and name in r.catalogue.questions:
        question = text_of(r.catalogue.questions[name])
    if asked and question is None:
        r.say("fact_without_question", path, key=True, name=name)
    if spec.type == "one_of" and spec.options is None:
        r.say("options_missing", path, key=True, name=name)
    for key, type_ in (("options", "one_of"), ("unit", "quantity")):
        if getattr(spec, key) is not None and spec.type != type_:
            r.say("key_for_other_type", (*path, key), key=True, key_=key, name=name, type=spec.type)
    if spec.type == "quantity" and spec.unit is None:
        r.say("missing_key", path, key_="unit", place=type(spec).PLACE)
    unit = r.unit(spec.unit, (*path, "unit")) if spec.unit is not None else {"age": "a"}.get(spec.type)
    return Fact(
        id=name,
        type=spec.type,
        source=spec.source,
        applies_if=r.condition(spec.applies_if, (*path, "applies_if"), scope) if spec.applies_if is not None else None,
        ask_at=spec.ask_at,
        ask_again=r.when(spec.ask_again, (*path, "ask_again"), scope) if spec.ask_again is not None else None,
        ask_text=question,
        options=tuple(spec.options or ()),
        unit=unit,
        not_older_than=r.duration(spec.not_older_than, (*path, "not_older_than")) if spec.not_older_than else None,
    )


def compile_lists(r: Reader) -> dict[str, tuple[str, ...]]:
    """The code lists this document uses: its own and those of the catalogue, for the record."""
    return {name: tuple(codes) for name, codes in r.spec.lists.items()}


# --------------------------------------------------------------------------- parameters


def compile_parameters(r: Reader) -> dict[str, Parameter]:
    """The clinical numbers with their citations. Fills the units that conditions are checked with."""
    origin = _origins(r)
    values: dict[str, _Values] = {}
    for name, spec in r.spec.parameters.items():
        before = len(r.found)
        values[name] = _values(r, ("parameters", name), spec)
        r.symbols.units[name] = values[name][0]
        if any(d.code not in _HARMLESS for d in r.found[before:]):
            r.symbols.broken.add(name)
    check_merge(r)
    return {
        name: _parameter(r, ("parameters", name), name, spec, values[name], origin)
        for name, spec in r.spec.parameters.items()
    }


_HARMLESS = ("uncited_number", "unknown_evidence", "unknown_profile")
_Values = tuple[str, ParamValue | None, dict[str, ParamValue]]


def _values(r: Reader, path: Path, spec: ParameterSpec) -> _Values:
    """Unit, value of all profiles, own values of profiles; all in the unit of the first."""
    base: ParamValue | None = None
    if spec.value is not None:
        if spec.cite is None:
            r.say("uncited_number", (*path, "value"), key=True)
        else:
            r.evidence(spec.cite, (*path, "cite"))
        base = ParamValue(value=r.quantity(spec.value, (*path, "value")), cite=spec.cite or "")
    elif spec.cite is not None:
        r.evidence(spec.cite, (*path, "cite"))
    rows: dict[str, ParamValue] = {}
    for profile, row in spec.by_profile.items():
        at = (*path, "by_profile", profile)
        r.profile(profile, at, key=True)
        r.evidence(row.cite, (*at, "cite"))
        rows[profile] = ParamValue(value=r.quantity(row.value, (*at, "value")), cite=row.cite)
    if base is None and not rows:
        r.say("missing_key", path, key_="value", place=type(spec).PLACE)
    read = [v for v in (base, *rows.values()) if v is not None and v.value is not NOTHING]
    units = [v.value.unit for v in read] + _range_unit(spec)
    unit, others = (units[0], units[1:]) if units else ("1", [])
    if base is not None and base in read and _is_the_odd_one(unit, others):
        unit = others[0]
        in_unit(r, base.value, unit, (*path, "value"))
    for profile, value in rows.items():
        at = (*path, "by_profile", profile, "value")
        rows[profile] = ParamValue(value=in_unit(r, value.value, unit, at), cite=value.cite)
    return unit, base, rows


def _is_the_odd_one(unit: str, others: list[str]) -> bool:
    """Whether the value, and not one of the others, is to be mended: it alone has no unit, or all the rest agree."""
    if len(set(others)) != 1 or comparable(unit, others[0]):
        return False
    return unit == "1" or len(others) > 1


def _range_unit(spec: ParameterSpec) -> list[str]:
    """The unit of the bounds, where they can be read."""
    parsed = parse_quantity_range(spec.adjustable.range).tree if spec.adjustable is not None else None
    return [parsed.low.unit] if parsed is not None else []


def in_unit(r: Reader, quantity: Quantity, unit: str, path: Path) -> Quantity:
    """A quantity in another unit of its kind; a finding where there is no way."""
    if quantity is NOTHING:
        return quantity
    if quantity.unit == "1" and unit != "1":
        r.say("bare_number", path, number=f"{quantity.value.normalize():f}", unit=r.shown(unit))
        return quantity
    if not comparable(quantity.unit, unit):
        r.say("unit_mismatch", path, left=r.shown(quantity.unit), right=r.shown(unit))
        return quantity
    return Quantity(value=convert(quantity.value, quantity.unit, unit), unit=unit)


def _origins(r: Reader) -> dict[str, list[str]]:
    """Profile -> itself and the profiles it takes values from, nearest first."""
    chains: dict[str, list[str]] = {}
    for name in r.spec.profiles:
        chain, current = [name], r.spec.profiles[name].same_as
        while current is not None:
            at: Path = ("profiles", chain[-1], "same_as")
            if not r.profile(current, at):
                break
            if current in chain:
                r.say("same_as_in_a_circle", at, name=name)
                break
            chain.append(current)
            current = r.spec.profiles[current].same_as
        chains[name] = chain
    return chains


def _parameter(
    r: Reader, path: Path, name: str, spec: ParameterSpec, values: _Values, origin: dict[str, list[str]]
) -> Parameter:
    unit, base, rows = values
    by_profile: dict[str, ParamValue] = {}
    for profile, chain in origin.items():
        value = next((rows[p] for p in chain if p in rows), base)
        if value is None:
            r.say("parameter_without_value", path, key=True, name=name, profile=profile)
        else:
            by_profile[profile] = value
    scope = Scope(r.symbols)
    by_patient: list[ParamRow] = []
    for index, row in enumerate(spec.by_patient):
        at = (*path, "by_patient", index)
        r.evidence(row.cite, (*at, "cite"))
        value_ = in_unit(r, r.quantity(row.value, (*at, "value")), unit, (*at, "value"))
        by_patient.append(ParamRow(cond=r.condition(row.test, (*at, "if"), scope), value=value_, cite=row.cite))
    made = Parameter(
        id=name,
        unit=unit,
        value=base,
        by_profile=by_profile,
        by_patient=tuple(by_patient),
        adjustable=_adjustable(r, path, spec, unit),
        merge=r.spec.merge.get(name),
    )
    _inside(r, path, made)
    return made


def _adjustable(r: Reader, path: Path, spec: ParameterSpec, unit: str) -> Adjustable | None:
    if spec.adjustable is None:
        return None
    at = (*path, "adjustable")
    low, high = r.quantity_range(spec.adjustable.range, (*at, "range"))
    told = len(r.found)
    low = in_unit(r, low, unit, (*at, "range"))
    if len(r.found) == told:  # both ends have one unit: what is wrong with it is told once
        high = in_unit(r, high, unit, (*at, "range"))
    if low.unit == high.unit and low.value > high.value:
        r.say("range_inverted", (*at, "range"), low=r.quantity_text(low), high=r.quantity_text(high))
    staff = (*(r.spec.roles or ()), *PROFESSIONS)
    for index, who in enumerate(spec.adjustable.by):
        if r.one_of("unknown_staff", who, (*at, "by", index), staff):
            r.symbols.mark("role", who)
    return Adjustable(
        low=low,
        high=high,
        by=tuple(spec.adjustable.by),
    )


def _inside(r: Reader, path: Path, made: Parameter) -> None:
    """Every stated value lies inside the bounds within which staff may move it."""
    bounds = made.adjustable
    if bounds is None or bounds.low is NOTHING or bounds.low.value > bounds.high.value or path[1] in r.symbols.broken:
        return
    stated = [((*path, "value"), made.value)]
    stated += [((*path, "by_profile", p, "value"), v) for p, v in made.by_profile.items()]
    for at, value in stated:
        if value is None or not r.written(at):
            continue
        if not bounds.low.value <= value.value.value <= bounds.high.value:
            r.say(
                "outside_adjustable",
                at,
                value=r.quantity_text(value.value),
                low=r.quantity_text(bounds.low),
                high=r.quantity_text(bounds.high),
            )


# --------------------------------------------------------------------------- eligibility


def compile_eligibility(r: Reader) -> Eligibility:
    """Who may take part, and what happens when somebody who does no longer should."""
    spec = r.spec.eligibility
    if spec is None:
        return Eligibility()
    path: Path = ("eligibility",)
    scope = Scope(r.symbols)
    return Eligibility(
        include=r.condition(spec.include, (*path, "include"), scope) if spec.include is not None else None,
        exclude=tuple(
            Exclusion(id=name, path=f"eligibility.exclude.{name}", cond=r.condition(c, (*path, "exclude", name), scope))
            for name, c in spec.exclude.items()
        ),
        becomes_true=compile_actions(r, (*path, "becomes_true"), spec.becomes_true, scope, (*ENDS_ALLOW, "end")),
    )


# --------------------------------------------------------------------------- measures and derived values


def compile_measures(r: Reader) -> dict[str, Measure]:
    """The measured things of this pathway."""
    return {name: _measure(r, ("measures", name), name, spec) for name, spec in r.spec.measures.items()}


def _measure(r: Reader, path: Path, name: str, spec: MeasureSpec) -> Measure:
    r.one_of("unknown_catalogue_measure", spec.use, (*path, "use"), r.catalogue.measures)
    entry = r.catalogue.measures.get(spec.use)
    components: list[MeasureComponent] = []
    for part, detail in entry.components.items() if entry else ():
        low = Quantity(value=Decimal(detail.low), unit=detail.unit) if detail.low is not None else None
        high = Quantity(value=Decimal(detail.high), unit=detail.unit) if detail.high is not None else None
        components.append(MeasureComponent(name=part, unit=detail.unit, low=low, high=high, optional=detail.optional))
    for index, source in enumerate(spec.sources or ()):
        known = ", ".join(f"`{s}`" for s in READING_SOURCES)
        if source not in READING_SOURCES:
            r.say("not_one_of", (*path, "from", index), key_="from", value=source, known=known)
    where = Scope(r.symbols, attributes=READING_ATTRIBUTES)
    return Measure(
        id=name,
        catalogue=spec.use,
        title=text_of(entry.title) if entry else Text(en=name, zh=name),
        components=tuple(components),
        take=r.take(spec.take, (*path, "take")) if spec.take is not None else Take(),
        where=r.condition(spec.where, (*path, "where"), where) if spec.where is not None else None,
        only_if=r.condition(spec.test, (*path, "if"), Scope(r.symbols)) if spec.test is not None else None,
        not_older_than=r.duration(spec.not_older_than, (*path, "not_older_than")) if spec.not_older_than else None,
        sources=tuple(spec.sources or ()),
    )


def compile_derived(r: Reader) -> dict[str, Derived]:
    """Values computed from readings."""
    rows = [(name, spec) for name, spec in r.spec.derived.items() if spec.function not in COUNTING]
    return {name: _derived(r, ("derived", name), name, spec) for name, spec in rows}


def _derived(r: Reader, path: Path, name: str, spec: DerivedSpec) -> Derived:
    r.measure(spec.of, (*path, "of"))
    function = spec.function
    if function not in FUNCTIONS:
        r.one_of("unknown_function", function, (*path, "as"), (*FUNCTIONS, *COUNTING))
    needs = r.enough(spec.needs_at_least, (*path, "needs_at_least")) if spec.needs_at_least is not None else (1, 1)
    judge = r.word(spec.judge, (*path, "judge"), "judge") if spec.judge is not None else "reading"
    days = _baseline(r, path, spec)
    over = None if days is None else Duration(amount=days.last - days.first + 1, unit="day")
    return Derived(
        id=name,
        path=f"derived.{name}",
        measure=spec.of,
        where_words=r.where_words(spec.where, (*path, "where")) if spec.where is not None else {},
        function=function if function in FUNCTIONS else "mean",  # type: ignore[arg-type]  # checked above
        over=over or r.duration(spec.over, (*path, "over")),
        leave_out_first_day=spec.leave_out is not None
        and r.word(spec.leave_out, (*path, "leave_out"), "leave_out") == "first_day",
        min_readings=needs[0],
        min_days=needs[1],
        judge="block_end" if judge == "block_end" or days is not None else "reading",
        since_phase_start=spec.since is not None and r.word(spec.since, (*path, "since"), "since") == "phase_start",
        bounds=_bounds(r, path, spec),
        days=days,
        newest=_newest(r, (*path, "newest"), spec.newest),
    )


def _newest(r: Reader, path: Path, spec: NewestSpec | None) -> Newest | None:
    """Which readings of the window count; its numbers are parameters without a unit."""
    if spec is None:
        return None
    if spec.at_most is None and spec.until is None:
        r.say("missing_key", path, place=NewestSpec.PLACE, key_="at_most")
    if spec.weights is not None and spec.until is None:
        r.say("missing_key", path, place=NewestSpec.PLACE, key_="until")
    weights = spec.weights or {}
    for setting in weights:
        r.one_of("unknown_name", setting, (*path, "weights", setting), SETTINGS)
    named = [((*path, "weights", setting), name) for setting, name in weights.items()]
    for at, name in [*named, *([((*path, "until"), spec.until)] if spec.until is not None else [])]:
        r.symbols.mark("param", name)
        if r.one_of("unknown_name", name, at, r.spec.parameters) and r.symbols.units.get(name, "1") != "1":
            r.say("unit_mismatch", at, left=r.shown(r.symbols.units[name]), right=r.shown("1"))
    return Newest(at_most=spec.at_most, until=spec.until, weights=dict(weights))


def _bounds(r: Reader, path: Path, spec: DerivedSpec) -> tuple[str, ...]:
    """The two parameters between which ``share`` and ``time_in`` count."""
    counts = spec.function in {"share", "time_in"}
    if spec.inside is None:
        if counts:
            r.say("missing_key", (*path, "as"), place=DerivedSpec.PLACE, key_="inside")
        return ()
    if not counts:
        r.say("text_not_allowed", (*path, "inside"), key=True, key_="inside", needs="as: share")
    if len(spec.inside) != 2:
        r.say("wrong_type", (*path, "inside"), key_="inside", expected=Said("two parameters", "两个参数"))
        return ()
    units = set(r.symbols.components(spec.of).values())
    for index, name in enumerate(spec.inside):
        at = (*path, "inside", index)
        r.symbols.mark("param", name)
        if r.one_of("unknown_name", name, at, r.spec.parameters) and r.symbols.units.get(name, "1") not in units:
            measured = next(iter(units), "1")
            r.say("unit_mismatch", at, left=r.shown(r.symbols.units.get(name, "1")), right=r.shown(measured))
    return tuple(spec.inside)


_DAYS = re.compile(r"days (\d{1,4}) to (\d{1,4}) after ([a-z][a-z0-9_]*)\Z")


def _baseline(r: Reader, path: Path, spec: DerivedSpec) -> BaselineDays | None:
    """``over: days 1 to 7 after discharge, freeze: yes``: a baseline."""
    found = _DAYS.match(" ".join(spec.over.split()))
    if found is None:
        if spec.freeze:
            r.say("text_not_allowed", (*path, "freeze"), key=True, key_="freeze", needs="over: days 1 to 7 after …")
        return None
    if not spec.freeze:
        r.say("missing_key", (*path, "over"), place=DerivedSpec.PLACE, key_="freeze")
    first, last = int(found[1]), int(found[2])
    if last < first:
        r.say("window_inverted", (*path, "over"), first=str(first), second=str(last))
    return BaselineDays(first=first, last=max(first, last), anchor=r.anchor(found[3], (*path, "over")))
