"""Compiled time and conditions said in full, in English and Chinese. No grammar is needed to speak.

``carepath plan`` and explanations show every phrase back in these words, so that an author sees what was
understood.
"""

from __future__ import annotations

from decimal import Decimal

from pathways.lang import plan_cond as c
from pathways.lang.plan_base import ClockTime, Customary, Duration, Quantity, Text

UNIT_WORDS: dict[str, str] = {
    "mm[Hg]": "mmHg", "cm[H2O]": "cmH2O", "ug": "µg", "ug/L": "µg/L", "umol/L": "µmol/L", "Cel": "°C", "[degF]": "°F",
    "[lb_av]": "lb", "[in_i]": "in", "[ft_i]": "ft", "m[IU]/L": "mIU/L", "[IU]/L": "IU/L", "[IU]": "IU",
    "kg/d": "kg/day", "g/d": "g/day", "mL/d": "mL/day", "mg/d": "mg/day", "/d": "/day", "/wk": "/week",
    "mL/min/{1.73_m2}": "mL/min/1.73m2", "{score}": "points", "{steps}": "steps", "{degrees}": "degrees",
    "d": "days", "wk": "weeks", "mo": "months", "a": "years", "1": "",
}  # fmt: skip
"""What people write for a UCUM code where that differs."""

_UNITS_ZH = {
    "d": "天", "wk": "周", "mo": "个月", "a": "岁", "h": "小时", "min": "分钟", "s": "秒", "{score}": "分",
    "{steps}": "步", "{degrees}": "度",
    "/min": "次/分", "1": "",
}  # fmt: skip
_DURATION_EN = {
    "s": ("second", "seconds"), "min": ("minute", "minutes"), "h": ("hour", "hours"), "day": ("day", "days"),
    "week": ("week", "weeks"), "month": ("month", "months"), "year": ("year", "years"),
    "working_day": ("working day", "working days"), "working_h": ("working hour", "working hours"),
}  # fmt: skip
_DURATION_ZH = {
    "s": "秒", "min": "分钟", "h": "小时", "day": "天", "week": "周", "month": "个月", "year": "年",
    "working_day": "个工作日", "working_h": "个工作小时",
}  # fmt: skip
CUSTOMARY_ZH = {
    "morning": "早晨", "breakfast": "早餐", "noon": "中午", "lunch": "午餐", "afternoon": "下午", "dinner": "晚餐",
    "evening": "晚上", "bedtime": "睡前",
}  # fmt: skip
_OP_ZH = {"<": "低于", "<=": "不高于", "=": "等于", "!=": "不等于", ">=": "不低于", ">": "高于"}
_OP_EN = {"<": "below", "<=": "at most", "=": "equal to", "!=": "other than", ">=": "at least", ">": "above"}


_PLURAL = frozenset({"points", "steps", "degrees", "years", "months", "weeks", "days"})


def chinese(language: str) -> bool:
    """Whether a BCP 47 tag asks for Chinese."""
    return language.lower().startswith("zh")


def unit_word(code: str, language: str = "en") -> str:
    """The word people know for a UCUM code: ``mmHg`` for ``mm[Hg]``, ``years`` for ``a``."""
    if chinese(language) and code in _UNITS_ZH:
        return _UNITS_ZH[code]
    return UNIT_WORDS.get(code, code)


def say_number(value: Decimal | float) -> str:
    """Digits without trailing zeros or exponent."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def say_quantity(value: Decimal | float, unit: str, language: str = "en") -> str:
    """``135 mmHg``, ``18 years``; ``18 岁``."""
    word = unit_word(unit, language)
    if value == 1 and word in _PLURAL:
        word = word[:-1]
    tight = word in {"", "%"}
    return f"{say_number(value)}{'' if tight else ' '}{word}"


def _quantity(quantity: Quantity, language: str) -> str:
    return say_quantity(quantity.value, quantity.unit, language)


def say_duration(duration: Duration, language: str = "en") -> str:
    """``2 working days``; ``2 个工作日``. A parameter is said by its name."""
    if duration.amount is None:
        return duration.param or ""
    if chinese(language):
        return f"{duration.amount} {_DURATION_ZH[duration.unit]}"
    one, many = _DURATION_EN[duration.unit]
    return f"{duration.amount} {one if duration.amount == 1 else many}"


def say_clock(clock: ClockTime) -> str:
    """``07:05``."""
    return f"{clock.hour:02}:{clock.minute:02}"


def say_time_of_day(time: ClockTime | Customary, language: str = "en") -> str:
    """``20:00``, ``in the morning``-like names, ``30 minutes before breakfast``."""
    if isinstance(time, ClockTime):
        return say_clock(time)
    name = CUSTOMARY_ZH.get(time.name, time.name) if chinese(language) else time.name
    if time.offset is None:
        return name
    length = say_duration(time.offset, language)
    if chinese(language):
        return f"{name}{'前' if time.before else '后'}{length}"
    return f"{length} {'before' if time.before else 'after'} {name}"


def joined(parts: list[str], language: str, word_en: str = "and", word_zh: str = "和") -> str:
    """``a, b and c``; ``a、b和c``."""
    if len(parts) == 1:
        return parts[0]
    if chinese(language):
        return f"{'、'.join(parts[:-1])}{word_zh}{parts[-1]}"
    return f"{', '.join(parts[:-1])} {word_en} {parts[-1]}"


# --------------------------------------------------------------------------- conditions


def say_value(value: c.Value, language: str = "en") -> str:
    """A value by its name as an author writes it, or the literal."""
    if isinstance(value, c.Literal_):
        if value.quantity is not None:
            return _quantity(value.quantity, language)
        return value.word if value.word is not None else ("yes" if value.boolean else "no")
    if isinstance(value, c.MeasureRef):
        return _dotted(value.measure, value.component)
    if isinstance(value, c.DerivedRef):
        return _dotted(value.derived, value.component)
    if isinstance(value, c.FactRef):
        return value.fact
    if isinstance(value, c.ParamRef):
        return value.param
    if isinstance(value, c.FieldRef):
        return f"{value.step}.{value.field}" if value.step else value.field
    if changes_unit(value):
        return say_value(value.left, language)
    return f"{say_value(value.left, language)} {value.op} {say_value(value.right, language)}"


def changes_unit(value: c.Arith) -> bool:
    """Whether it only brings a number into another unit, by a factor that no author wrote (theirs are parameters)."""
    factor = value.right.quantity if isinstance(value.right, c.Literal_) else None
    return value.op == "*" and factor is not None and factor.unit == "1"


def _dotted(name: str, component: str) -> str:
    return name if component == "value" else f"{name}.{component}"


def say_cond(cond: c.Cond, language: str = "en") -> str:
    """A condition in full. Names stay as written: they are the author's."""
    zh = chinese(language)
    if isinstance(cond, c.And | c.Or):
        word = ("且" if zh else "and") if isinstance(cond, c.And) else ("或" if zh else "or")
        return f" {word} ".join(_grouped(part, cond, language) for part in cond.parts)
    if isinstance(cond, c.Not):
        inner = say_cond(cond.of, language)
        return f"并非（{inner}）" if zh else f"not ({inner})"
    if isinstance(cond, c.InARow | c.NOfM | c.InSeries | c.HeldFor):
        return _say_suffix(cond, language)
    if isinstance(cond, c.AtLeast):
        return _say_at_least(cond, language)
    return _say_zh(cond) if zh else _say_en(cond)


def _grouped(part: c.Cond, outer: c.And | c.Or, language: str) -> str:
    text = say_cond(part, language)
    if isinstance(outer, c.And) and isinstance(part, c.Or):
        return f"（{text}）" if chinese(language) else f"({text})"
    return text


def _say_suffix(cond: c.InARow | c.NOfM | c.InSeries | c.HeldFor, language: str) -> str:
    inner = say_cond(cond.of, language)
    zh = chinese(language)
    if isinstance(cond.of, c.And | c.Or):
        inner = f"（{inner}）" if zh else f"({inner})"
    if isinstance(cond, c.InARow):
        return f"{inner}，连续 {cond.times} 次" if zh else f"{inner}, {cond.times} times in a row"
    if isinstance(cond, c.InSeries):
        return _say_series(cond, inner, zh)
    if isinstance(cond, c.NOfM):
        return f"{inner}，最近 {cond.m} 次中至少 {cond.n} 次" if zh else f"{inner}, in {cond.n} of the last {cond.m}"
    length = say_duration(cond.duration, language)
    return f"{inner}，持续 {length}" if zh else f"{inner}, for {length}"


def _say_series(cond: c.InSeries, inner: str, zh: bool) -> str:
    name = cond.since if cond.since_kind == "step" else cond.since.replace("_", " ")
    since = "" if not cond.since else f"（自上次{name}起）" if zh else f" since the last {name}"
    scope = "" if not cond.any_phase else "（任一阶段）" if zh else " (of any phase)"
    if cond.n == cond.m:
        return f"{inner}，连续 {cond.n} 次{scope}{since}" if zh else f"{inner}, {cond.n} times in a row{scope}{since}"
    if zh:
        return f"{inner}，最近 {cond.m} 次中至少 {cond.n} 次{scope}{since}"
    return f"{inner}, in {cond.n} of the last {cond.m}{scope}{since}"


def _decision(cond: c.DecisionIs, zh: bool) -> str:
    name = cond.decision if not cond.previous else f"上一次{cond.decision}" if zh else f"the previous {cond.decision}"
    scope = "" if not cond.any_phase else "（任一阶段）" if zh else " (of any phase)"
    if cond.known is not None:
        said = ("已知" if zh else "is known") if cond.known else "未知" if zh else "is unknown"
        return f"{name} {said}{scope}"
    language = "zh" if zh else "en"
    words = joined(list(cond.words), language, "or", "或")
    return f"{name} 为 {words}{scope}" if zh else f"{name} is {words}{scope}"


def _say_at_least(cond: c.AtLeast, language: str) -> str:
    parts = "; ".join(say_cond(part, language) for part in cond.of)
    length = "" if cond.within is None else say_duration(cond.within, language)
    if chinese(language):
        return f"以下至少 {cond.n} 项成立{f'（{length}内）' if length else ''}：{parts}"
    return f"at least {cond.n} of: {parts}{f' within {length}' if length else ''}"


def _say_en(cond: c.Cond) -> str:
    if isinstance(cond, c.Compare):
        return f"{say_value(cond.left)} {_OP_EN[cond.op]} {say_value(cond.right)}"
    if isinstance(cond, c.Between):
        return f"{say_value(cond.of)} between {say_value(cond.low)} and {say_value(cond.high)}"
    if isinstance(cond, c.Is):
        return f"{say_value(cond.of)} is {cond.word}"
    if isinstance(cond, c.OneOf):
        return f"{say_value(cond.of)} is {joined(list(cond.words), 'en', 'or')}"
    if isinstance(cond, c.Has):
        return f"{cond.fact} has {cond.code}"
    if isinstance(cond, c.Known):
        return f"{_say_of(cond, 'en')} is {'known' if cond.known else 'unknown'}"
    if isinstance(cond, c.StepIs):
        mode = " face to face" if cond.face_to_face else ""
        scope = " (of any phase)" if cond.any_phase else ""
        return f"{_step(cond)} is {joined(list(cond.outcomes), 'en', 'or')}{mode}{scope}"
    if isinstance(cond, c.MissedInRow):
        return f"{_step(cond)} missed {cond.times} times in a row"
    if isinstance(cond, c.DecisionIs):
        return _decision(cond, zh=False)
    return "always"


def _say_zh(cond: c.Cond) -> str:
    if isinstance(cond, c.Compare):
        return f"{say_value(cond.left, 'zh')} {_OP_ZH[cond.op]} {say_value(cond.right, 'zh')}"
    if isinstance(cond, c.Between):
        return f"{say_value(cond.of, 'zh')} 在 {say_value(cond.low, 'zh')} 与 {say_value(cond.high, 'zh')} 之间"
    if isinstance(cond, c.Is):
        return f"{say_value(cond.of, 'zh')} 为 {cond.word}"
    if isinstance(cond, c.OneOf):
        return f"{say_value(cond.of, 'zh')} 为 {joined(list(cond.words), 'zh', word_zh='或')}"
    if isinstance(cond, c.Has):
        return f"{cond.fact} 包含 {cond.code}"
    if isinstance(cond, c.Known):
        return f"{_say_of(cond, 'zh')} {'已知' if cond.known else '未知'}"
    if isinstance(cond, c.StepIs):
        mode = "（面对面）" if cond.face_to_face else ""
        scope = "（任一阶段）" if cond.any_phase else ""
        return f"{_step(cond)} 为 {joined(list(cond.outcomes), 'zh', word_zh='或')}{mode}{scope}"
    if isinstance(cond, c.MissedInRow):
        return f"{_step(cond)} 连续 {cond.times} 次漏做"
    if isinstance(cond, c.DecisionIs):
        return _decision(cond, zh=True)
    return "始终"


def _say_of(cond: c.Known, language: str) -> str:
    of = cond.of
    if isinstance(of, c.Literal_ | c.MeasureRef | c.DerivedRef | c.FactRef | c.ParamRef | c.FieldRef | c.Arith):
        return say_value(of, language)
    return f"({say_cond(of, language)})"


def _step(cond: c.StepIs | c.MissedInRow) -> str:
    return cond.step if cond.phase is None else f"{cond.phase}.{cond.step}"


_ROLES = {
    "gp": Text(en="GP", zh="全科医生"),
    "nurse": Text(en="nurse", zh="护士"),
    "duty": Text(en="doctor on duty", zh="值班医生"),
    "specialist": Text(en="specialist", zh="专科医生"),
    "pharmacist": Text(en="pharmacist", zh="药师"),
    "coordinator": Text(en="coordinator", zh="协调员"),
    "care_manager": Text(en="care manager", zh="个案管理师"),
    "psychologist": Text(en="psychologist", zh="心理治疗师"),
    "psychiatrist": Text(en="psychiatrist", zh="精神科医生"),
    "crisis_team": Text(en="crisis team", zh="危机干预小组"),
    "hf_doctor": Text(en="heart failure doctor", zh="心衰专科医生"),
    "tracer": Text(en="outreach worker", zh="追访员"),
    "surgeon": Text(en="surgeon", zh="外科医生"),
    "physiotherapist": Text(en="physiotherapist", zh="康复治疗师"),
    "dietitian": Text(en="dietitian", zh="营养师"),
}


def role_words(role: str) -> Text:
    """What people call a role; the author's id in words when it is one of their own."""
    return _ROLES.get(role) or Text.model_construct(en=role.replace("_", " "), zh=role.replace("_", " "))
