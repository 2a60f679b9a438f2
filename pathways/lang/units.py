"""Units: the words people write, canonical UCUM codes, dimensions and exact conversion.

A small reader for the UCUM terms that clinical measures use (``mm[Hg]``, ``mL/min/{1.73_m2}``,
``10*9/L``): atoms with prefixes, products, quotients, whole exponents, annotations. Factors are
``Decimal``. Amount of substance and mass are different dimensions: mg/dL and mmol/L are comparable only
by someone who knows the analyte, so here they are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from pathways.lang.plan_base import DurationUnit
from pathways.lang.plan_say import unit_word

_BASE = ("m", "g", "s", "K", "mol", "U", "IU")
Dimension = tuple[int, ...]
"""Exponents of metre, gram, second, kelvin, mole, enzyme unit, international unit."""

_NONE: Dimension = (0,) * len(_BASE)


def _dim(**exponents: int) -> Dimension:
    return tuple(exponents.get(name, 0) for name in _BASE)


_D = Decimal
_ATOMS: dict[str, tuple[Dimension, Decimal, bool]] = {
    # code: dimension, factor to the base units, may take a prefix
    "1": (_NONE, _D(1), False),
    "%": (_NONE, _D("0.01"), False),
    "[ppth]": (_NONE, _D("0.001"), False),
    "10*3": (_NONE, _D(1000), False),
    "10*6": (_NONE, _D(10) ** 6, False),
    "10*9": (_NONE, _D(10) ** 9, False),
    "10*12": (_NONE, _D(10) ** 12, False),
    "m": (_dim(m=1), _D(1), True),
    "[in_i]": (_dim(m=1), _D("0.0254"), False),
    "[ft_i]": (_dim(m=1), _D("0.3048"), False),
    "g": (_dim(g=1), _D(1), True),
    "[lb_av]": (_dim(g=1), _D("453.59237"), False),
    "s": (_dim(s=1), _D(1), True),
    "min": (_dim(s=1), _D(60), False),
    "h": (_dim(s=1), _D(3600), False),
    "d": (_dim(s=1), _D(86400), False),
    "wk": (_dim(s=1), _D(604800), False),
    "mo": (_dim(s=1), _D("2629800"), False),
    "a": (_dim(s=1), _D("31557600"), False),
    "K": (_dim(K=1), _D(1), True),
    "mol": (_dim(mol=1), _D(1), True),
    "eq": (_dim(mol=1), _D(1), True),
    "L": (_dim(m=3), _D("0.001"), True),
    "Pa": (_dim(g=1, m=-1, s=-2), _D(1000), True),
    "m[Hg]": (_dim(g=1, m=-1, s=-2), _D("133322000"), True),
    "m[H2O]": (_dim(g=1, m=-1, s=-2), _D("9806650"), True),
    "cal": (_dim(g=1, m=2, s=-2), _D(4184), True),
    "J": (_dim(g=1, m=2, s=-2), _D(1000), True),
    "W": (_dim(g=1, m=2, s=-3), _D(1000), True),
    "Hz": (_dim(s=-1), _D(1), True),
    "U": (_dim(U=1), _D(1), True),
    "[IU]": (_dim(IU=1), _D(1), True),
}
_PREFIXES: dict[str, Decimal] = {
    "M": _D(10) ** 6, "k": _D(1000), "d": _D("0.1"), "c": _D("0.01"),
    "m": _D("0.001"), "u": _D("0.000001"), "n": _D("0.000000001"), "p": _D("0.000000000001"), "f": _D(10) ** -15,
}  # fmt: skip
_SPECIAL: dict[str, tuple[Decimal, Decimal]] = {
    # code: factor and offset to kelvin
    "Cel": (_D(1), _D("273.15")),
    "[degF]": (_D(5) / _D(9), _D("273.15") - _D(32) * _D(5) / _D(9)),
}
_ATOM = re.compile(
    r"(?P<code>10\*\d+|(?:\[[^\]]*\]|[^0-9+\-{}\[\]])+|1)(?P<exponent>[+-]?\d+)?(?P<note>\{[^{}]*\})?$"
    r"|^(?P<only>\{[^{}]*\})$"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A UCUM unit: ``value * factor + offset`` is in base units."""

    code: str
    dimension: Dimension
    factor: Decimal
    offset: Decimal = Decimal(0)


def _split(code: str) -> list[tuple[str, int]]:
    """The factors of a UCUM term with their sign; annotations keep their slashes."""
    parts: list[tuple[str, int]] = []
    sign, depth, start = 1, 0, 0
    for index, char in enumerate(code + "."):
        depth += (char in "{[") - (char in "}]")
        if depth == 0 and char in "./":
            if index > start:
                parts.append((code[start:index], sign))
            elif index > 0:
                raise ValueError(code)
            sign, start = (-1 if char == "/" else 1), index + 1
    return parts


def _atom(code: str) -> tuple[Dimension, Decimal]:
    known = _ATOMS.get(code)
    if known is not None:
        return known[0], known[1]
    prefix, rest = code[:1], code[1:]
    known = _ATOMS.get(rest)
    if prefix in _PREFIXES and known is not None and known[2]:
        return known[0], known[1] * _PREFIXES[prefix]
    raise ValueError(code)


@lru_cache(maxsize=1024)
def unit_of(code: str) -> Unit | None:
    """The unit of a UCUM code, or None if this reader does not know it."""
    special = _SPECIAL.get(code)
    if special is not None:
        return Unit(code, _dim(K=1), special[0], special[1])
    dimension, factor = list(_NONE), Decimal(1)
    try:
        for part, sign in _split(code):
            match = _ATOM.match(part)
            if match is None:
                return None
            if match["only"]:
                continue
            atom_dimension, atom_factor = _atom(match["code"])
            exponent = sign * int(match["exponent"] or 1)
            factor *= atom_factor**exponent
            for index, power in enumerate(atom_dimension):
                dimension[index] += power * exponent
    except ValueError:
        return None
    return Unit(code, tuple(dimension), factor) if code else None


def comparable(left: str, right: str) -> bool:
    """Whether two UCUM units measure the same kind of thing."""
    if left == right:
        return True
    a, b = unit_of(left), unit_of(right)
    return a is not None and b is not None and a.dimension == b.dimension


def convert(value: Decimal, source: str, target: str) -> Decimal:
    """``value`` in ``source`` expressed in ``target`` (UCUM).

    Raises:
        ValueError: The units are not comparable or not known.
    """
    if source == target:
        return value
    a, b = unit_of(source), unit_of(target)
    if a is None or b is None or a.dimension != b.dimension:
        msg = f"{source} cannot be converted to {target}"
        raise ValueError(msg)
    return _tidy((value * a.factor + a.offset - b.offset) / b.factor)


def ratio(source: str, target: str) -> Decimal | None:
    """The factor from ``source`` to ``target``; None where there is none (not comparable, or an offset)."""
    a, b = unit_of(source), unit_of(target)
    if a is None or b is None or a.dimension != b.dimension or a.offset != b.offset:
        return None
    return _tidy(a.factor / b.factor)


def _tidy(value: Decimal) -> Decimal:
    """Rounded to 15 significant digits, without trailing zeros or an exponent for whole numbers."""
    rounded = Decimal(f"{value:.15g}").normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() and abs(rounded) < 10**15 else rounded


# --------------------------------------------------------------------------- words people write

WORDS: dict[str, str] = {
    "mmHg": "mm[Hg]", "mm[Hg]": "mm[Hg]", "kPa": "kPa", "cmH2O": "cm[H2O]",
    "kg": "kg", "g": "g", "mg": "mg", "ug": "ug", "µg": "ug", "mcg": "ug", "ng": "ng", "lb": "[lb_av]",
    "m": "m", "cm": "cm", "mm": "mm", "km": "km", "in": "[in_i]", "ft": "[ft_i]",
    "L": "L", "dL": "dL", "mL": "mL", "l": "L", "ml": "mL",
    "mmol/L": "mmol/L", "umol/L": "umol/L", "µmol/L": "umol/L", "nmol/L": "nmol/L", "pmol/L": "pmol/L",
    "mmol/mol": "mmol/mol", "mg/mmol": "mg/mmol", "mg/g": "mg/g", "meq/L": "meq/L",
    "g/L": "g/L", "g/dL": "g/dL", "mg/dL": "mg/dL", "mg/L": "mg/L", "ug/L": "ug/L", "µg/L": "ug/L", "ng/mL": "ng/mL",
    "pg/mL": "pg/mL",
    "U/L": "U/L", "IU/L": "[IU]/L", "mIU/L": "m[IU]/L", "U": "U", "IU": "[IU]",
    "10*9/L": "10*9/L", "10*12/L": "10*12/L",
    "kg/m2": "kg/m2", "mL/min": "mL/min", "mL/min/1.73m2": "mL/min/{1.73_m2}", "L/min": "L/min", "mL/h": "mL/h",
    "kg/day": "kg/d", "g/day": "g/d", "mL/day": "mL/d", "mg/day": "mg/d",
    "%": "%", "/min": "/min", "bpm": "/min", "/h": "/h", "/day": "/d", "/week": "/wk",
    "°C": "Cel", "℃": "Cel", "Cel": "Cel", "°F": "[degF]", "degF": "[degF]", "kcal": "kcal", "W": "W",
    "points": "{score}", "point": "{score}", "steps": "{steps}", "degrees": "{degrees}",
}  # fmt: skip
"""What an author may write after a number, and its UCUM code. Time words are in ``DURATION_WORDS``."""

DURATION_WORDS: dict[str, DurationUnit] = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s", "min": "min", "minute": "min", "minutes": "min",
    "h": "h", "hour": "h", "hours": "h", "day": "day", "days": "day", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "year": "year", "years": "year",
    "working day": "working_day", "working days": "working_day", "working h": "working_h",
    "working hour": "working_h", "working hours": "working_h",
}  # fmt: skip

DURATION_UCUM: dict[DurationUnit, str] = {
    "s": "s", "min": "min", "h": "h", "day": "d", "week": "wk", "month": "mo", "year": "a",
}  # fmt: skip
"""UCUM codes of the time units (working time has none)."""

UCUM_DURATION: dict[str, DurationUnit] = {code: unit for unit, code in DURATION_UCUM.items()}


def ucum_of(word: str) -> str | None:
    """The UCUM code of a written unit (``mmHg``, ``days``, ``kg/m2`` or a UCUM code), else None."""
    if word in WORDS:
        return WORDS[word]
    if word in DURATION_WORDS:
        return DURATION_UCUM.get(DURATION_WORDS[word])
    return word if unit_of(word) is not None else None


def shown(code: str) -> str:
    """The word people know for a UCUM code: ``mmHg`` for ``mm[Hg]``, ``years`` for ``a``, nothing for "1"."""
    return unit_word(code)
