"""Why a condition is what it is: every part's value and the data behind it, said in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pathways.decide.calendar_zone import local_time
from pathways.decide.conditions_env import (
    Environment,
    Finding,
    NotApplicable,
    Sample,
    Truth,
    Unknown,
    Verdict,
)
from pathways.decide.conditions_run import for_take, truth
from pathways.decide.conditions_values import Got, getter
from pathways.lang import plan_cond as c
from pathways.lang.plan_base import Text
from pathways.lang.plan_say import chinese, say_cond, say_quantity, say_value


def verdict(cond: c.Cond, env: Environment) -> Verdict:
    """The value of a condition with its explanation; the value is that of ``truth``."""
    finding = _find(cond, env)
    return Verdict(finding.value, finding, env.now)


def _find(cond: c.Cond, env: Environment) -> Finding:
    value = truth(cond, env)
    text = getattr(cond, "text", "") or say_cond(cond)
    if isinstance(cond, c.And | c.Or):
        return Finding(text, value, parts=tuple(_find(part, env) for part in cond.parts), kind=cond.kind)
    if isinstance(cond, c.AtLeast):
        return Finding(text, value, parts=tuple(_find(part, env) for part in cond.of), kind=cond.kind)
    if isinstance(cond, c.Not | c.HeldFor):
        return Finding(text, value, parts=(_find(cond.of, env),), kind=cond.kind)
    if isinstance(cond, c.InARow | c.NOfM):
        return Finding(text, value, parts=_takes(cond, env), kind=cond.kind)
    if isinstance(cond, c.InSeries):
        return Finding(text, value, parts=tuple(_find(cond.of, own) for own in env.verdicts(cond)), kind=cond.kind)
    return _leaf(cond, env, text, value)


def _takes(cond: c.InARow | c.NOfM, env: Environment) -> tuple[Finding, ...]:
    count = cond.times if isinstance(cond, c.InARow) else cond.m
    return tuple(_find(cond.of, for_take(env, cond.measure, take)) for take in env.takes(cond.measure, count))


def _leaf(cond: c.Cond, env: Environment, text: str, value: Truth) -> Finding:
    if isinstance(cond, c.Compare):
        return _compared(cond.left, (cond.right,), env, text, value, cond.kind)
    if isinstance(cond, c.Between):
        return _compared(cond.of, (cond.low, cond.high), env, text, value, cond.kind)
    if isinstance(cond, c.Is | c.OneOf):
        return _compared(cond.of, (), env, text, value, cond.kind)
    if isinstance(cond, c.Has):
        got = env.fact(cond.fact)
        shown = (", ".join(sorted(got)) or "none") if isinstance(got, frozenset) else None
        return Finding(
            text, value, left=shown, unknown=None if got is not None else Unknown("no_value"), kind=cond.kind
        )
    if isinstance(cond, c.StepIs):
        end = env.last_end(cond.step, cond.phase, cond.any_phase)
        sample = None if end is None else Sample(0, end.at, cond.step, 0)
        return Finding(text, value, left=None if end is None else end.outcome, sample=sample, kind=cond.kind)
    if isinstance(cond, c.MissedInRow):
        ends = env.ends(cond.step, cond.phase, cond.times)
        return Finding(text, value, left=", ".join(ends), kind=cond.kind)
    if isinstance(cond, c.DecisionIs):
        return _decided(cond, env, text, value)
    return Finding(text, value, kind=cond.kind)


def _decided(cond: c.DecisionIs, env: Environment, text: str, value: Truth) -> Finding:
    """A test of a decision with what it came to, and when."""
    found = env.decision(cond)
    if found is None:
        return Finding(text, value, left="no verdict yet", kind=cond.kind)
    sample = None if found.at is None else Sample(0, found.at, cond.form, 0)
    unknown = None if found.words else Unknown("not_decided")
    return Finding(text, value, left=", ".join(found.words) or None, sample=sample, unknown=unknown, kind=cond.kind)


def _compared(of: c.Value, others: Sequence[c.Value], env: Environment, text: str, value: Truth, kind: str) -> Finding:
    sample = _behind(of, env)
    params = [other.param for other in others if isinstance(other, c.ParamRef)]
    shown = [_shown(getter(other)(env), other) for other in others]
    left = getter(of)(env)
    missing = sample if isinstance(sample, Unknown) else (Unknown("no_value") if left is None else None)
    return Finding(
        text,
        value,
        left=_shown(left, of),
        right=None if not others or None in shown else " – ".join(item for item in shown if item is not None),
        sample=sample if isinstance(sample, Sample) else None,
        unknown=missing,
        param=params[0] if params else None,
        kind=kind,
    )


def _behind(of: c.Value, env: Environment) -> Sample | Unknown | None:
    if isinstance(of, c.MeasureRef):
        return env.measure(of.measure, of.component)
    if isinstance(of, c.DerivedRef):
        return env.derived(of.derived, of.component)
    if isinstance(of, c.Arith):
        left = _behind(of.left, env)
        return left if left is not None else _behind(of.right, env)
    return None


def _shown(got: Got, value: c.Value) -> str | None:
    if got is None:
        return None
    if isinstance(got, NotApplicable):
        return "not applicable"
    if isinstance(got, bool):
        return "yes" if got else "no"
    if isinstance(got, Decimal):
        return say_quantity(round(got, 1) if got.as_tuple().exponent < -4 else got, unit_of_value(value))  # type: ignore[operator]
    if isinstance(got, frozenset):
        return ", ".join(sorted(got))
    return got.isoformat() if isinstance(got, date) else got


def unit_of_value(value: c.Value) -> str:
    """The UCUM unit a value is in ("1" for none)."""
    if isinstance(value, c.MeasureRef | c.DerivedRef | c.ParamRef):
        return value.unit
    if isinstance(value, c.FieldRef):
        return value.unit or "1"
    if isinstance(value, c.FactRef):
        return "a" if value.type == "age" else "1"
    if isinstance(value, c.Literal_):
        return value.quantity.unit if value.quantity is not None else "1"
    left = unit_of_value(value.left)
    return left if left != "1" else unit_of_value(value.right)


# --------------------------------------------------------------------------- in words

_VALUE = {
    Truth.TRUE: ("true", "成立"),
    Truth.FALSE: ("not true", "不成立"),
    Truth.UNKNOWN: ("unknown", "未知"),
}
_REASONS = {
    "no_reading": ("there is no reading", "没有测量数据"),
    "stale": ("the latest reading is too old", "最近一次测量已过期"),
    "too_few": ("too few readings", "测量次数不足"),
    "not_called": ("the called pathway has not begun", "被调用的路径尚未开始"),
    "waiting_for_block_end": ("the measuring period has not ended", "测量周期尚未结束"),
    "not_answered": ("it was not answered", "尚未回答"),
    "implausible": ("the reading is not plausible", "测量值不合理"),
    "nothing_ended": ("nothing that was asked for has ended yet", "尚无已结束的任务"),
    "too_few_ended": ("too little of what was asked for has ended", "已结束的次数不足"),
    "no_value": ("it is not known", "尚不清楚"),
    "not_decided": ("it could not be told", "无法判定"),
}


_WORDS_ZH = {
    "not applicable": "不适用", "no verdict yet": "尚未判定",
    "yes": "是", "no": "否", "none": "无", "female": "女", "male": "男", "done": "完成",
    "done_late": "延迟完成", "partly": "部分完成", "missed": "漏做", "cancelled": "取消", "no_show": "未到",
}  # fmt: skip
_UNITS_ZH = {"years": "岁", "months": "个月", "weeks": "周", "days": "天", "h": "小时", "min": "分钟", "points": "分"}


def explain(judged: Verdict, language: str, zone: str = "UTC", cites: Mapping[str, str] | None = None) -> str:
    """A verdict as text, one line for each part; times are local to ``zone``.

    ``cites`` gives the citation of each parameter that is known to have one.
    """
    return "\n".join(_lines(judged.finding, _Words(chinese(language), zone, cites or {}), 0))


def reason_words(unknown: Unknown) -> Text:
    """Why something is not known, in both languages."""
    return Text.model_construct(en=_reason(unknown, False), zh=_reason(unknown, True))


@dataclass(frozen=True, slots=True)
class _Words:
    zh: bool
    zone: str
    cites: Mapping[str, str]


def _lines(finding: Finding, words: _Words, depth: int) -> list[str]:
    zh = words.zh
    colon = "：" if zh else ": "
    line = f"{'  ' * depth}{finding.text}{colon}{_VALUE[finding.value][zh]}"
    detail = _detail(finding, words)
    if detail:
        line += f"（{detail}）" if zh else f" ({detail})"
    lines = [line]
    for part in finding.parts:
        lines += _lines(part, words, depth + 1)
    return lines


def _detail(finding: Finding, words: _Words) -> str:
    zh = words.zh
    pieces: list[str] = []
    if finding.unknown is not None:
        pieces.append(_reason(finding.unknown, zh))
    elif finding.left:
        against = "" if not finding.right else f" {'对' if zh else 'against'} {local_value(finding.right, zh)}"
        pieces.append(local_value(finding.left, zh) + against)
    if finding.param is not None and finding.param in words.cites:
        pieces.append(f"{'依据' if zh else 'by'} {words.cites[finding.param]}")
    if finding.sample is not None:
        pieces.append(_data(finding.sample, zh, words.zone))
    return ("；" if zh else "; ").join(piece for piece in pieces if piece)


def local_value(text: str, zh: bool = True) -> str:
    """Values as they are kept (English words and units) in the language asked for."""
    if not zh:
        return text
    if text in _WORDS_ZH:
        return _WORDS_ZH[text]
    if ", " in text:
        return "、".join(local_value(part, zh) for part in text.split(", "))
    number, _, unit = text.rpartition(" ")
    return f"{number} {_UNITS_ZH[unit]}" if unit in _UNITS_ZH else text


def _reason(unknown: Unknown, zh: bool) -> str:
    words = _REASONS.get(unknown.reason, (unknown.reason, unknown.reason))[zh]
    if unknown.have is None or unknown.need is None:
        return words
    return f"{words}（{unknown.have}/{unknown.need}）" if zh else f"{words}, {unknown.have} of {unknown.need}"


def _data(sample: Sample, zh: bool, zone: str) -> str:
    newest = _wall(sample.at, zone)
    source = f", {sample.source}" if sample.source and not zh else (f"，{sample.source}" if sample.source else "")
    if sample.count == 0:
        return f"{newest}{source}"
    since = "" if sample.since is None else _wall(sample.since, zone)
    if zh:
        window = f"自 {since} 起 " if since else ""
        return f"{window}{sample.count} 次测量，最新 {newest}{source}"
    window = f" since {since}" if since else ""
    readings = "reading" if sample.count == 1 else "readings"
    return f"{sample.count} {readings}{window}, newest {newest}{source}"


def _wall(at: datetime, zone: str) -> str:
    return local_time(at, zone).strftime("%Y-%m-%d %H:%M")


def finding_to_json(finding: Finding) -> dict[str, object]:
    """A finding as plain JSON values for the ledger: only what is there."""
    out: dict[str, object] = {"text": finding.text, "value": finding.value.name.lower()}
    for key in ("kind", "left", "right", "param"):
        got = getattr(finding, key)
        if got:
            out[key] = got
    if finding.sample is not None:
        sample = finding.sample
        out["data"] = {
            "at": sample.at.isoformat(),
            "count": sample.count,
            "source": sample.source,
            **({"since": sample.since.isoformat()} if sample.since is not None else {}),
        }
    if finding.unknown is not None:
        out["unknown"] = {key: item for key, item in finding.unknown._asdict().items() if item is not None}
    if finding.parts:
        out["parts"] = [finding_to_json(part) for part in finding.parts]
    return out


def value_text(value: c.Value, env: Environment) -> str:
    """A value as it stands now, for messages: ``192 mmHg``; its name when it is unknown."""
    return _shown(getter(value)(env), value) or say_value(value)
