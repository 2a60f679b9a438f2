"""Compiled time said in full, in English and Chinese: what ``carepath plan`` shows back to an author."""

from __future__ import annotations

from pathways.lang import plan_when as w
from pathways.lang.plan_base import Duration
from pathways.lang.plan_say import chinese, joined, say_clock, say_cond, say_duration, say_time_of_day, say_value

_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_ANCHORS_EN = {"phase_start": "phase start"}
_ANCHORS_ZH = {"phase_start": "阶段开始", "enrolment": "入组"}


def say_moment(moment: w.Moment, language: str = "en") -> str:
    """A moment in words. Names stay as written: they are the author's."""
    zh = chinese(language)
    if isinstance(moment, w.AnchorMoment):
        return (_ANCHORS_ZH if zh else _ANCHORS_EN).get(moment.name, moment.name)
    if isinstance(moment, w.StepMoment):
        return _step(moment, zh)
    if isinstance(moment, w.OffsetMoment):
        base, length = say_moment(moment.base, language), say_duration(moment.offset, language)
        if zh:
            return f"{base}{'前' if moment.before else '后'} {length}"
        return f"{length} {'before' if moment.before else 'after'} {base}"
    if isinstance(moment, w.DayOfPhase):
        return f"进入阶段后第 {moment.day} 天 00:00" if zh else f"00:00 of day {moment.day} after entering the phase"
    if isinstance(moment, w.AbsoluteMoment):
        return moment.date if moment.at is None else f"{moment.date} {say_clock(moment.at)}"
    if isinstance(moment, w.FieldMoment):
        return f"{moment.step}.{moment.field}" if moment.step else moment.field
    if isinstance(moment, w.BookedMoment):
        return "预约日期" if zh else "the date booked"
    return "药物用完之日" if zh else "the day the supply of the medicine ends"


def _step(moment: w.StepMoment, zh: bool) -> str:
    name = moment.step if moment.phase is None else f"{moment.phase}.{moment.step}"
    if zh:
        which = {"this": "", "last": "最近一次 ", "each": "每次 "}[moment.which]
        return f"{which}{name} {'结束' if moment.edge == 'ended' else '到期'}"
    which = {"this": "", "last": "the last ", "each": "each "}[moment.which]
    return f"{which}{name} {'ended' if moment.edge == 'ended' else 'is due'}"


def say_when(when: w.When, language: str = "en") -> str:
    """A schedule in full, with its bounds and with what the phrase leaves to the rules (``begins one interval
    later``, ``open from 00:00, due 23:59``)."""
    zh = chinese(language)
    text = _base(when.base, language)
    if when.during is not None:
        text += _during(when.during, language)
    if when.for_duration is not None:
        length = say_duration(when.for_duration, language)
        if isinstance(when.base, w.OnceAt | w.NextWorkingDay):
            text += f"，开放 {length}，届时到期" if zh else f", open for {length} and due at their end"
        else:
            text += f"，持续 {length}" if zh else f", for {length}"
    if when.until is not None:
        end = say_moment(when.until, language)
        text += f"，直到 {end}" if zh else f", until {end}"
    if when.until_cond is not None:
        cond = say_cond(when.until_cond, language)
        text += f"，直到 {cond}" if zh else f", until {cond}"
    if when.while_cond is not None:
        cond = say_cond(when.while_cond, language)
        text += f"，仅当 {cond}" if zh else f", while {cond}"
    if when.most is not None:
        text += f"，至多 {when.most} 次" if zh else f", at most {when.most} times"
    if when.most_field is not None:
        most = say_value(when.most_field, language)
        text += f"，至多 {most} 次" if zh else f", at most {most} times"
    if when.at_most is not None:
        text += (
            f"，至多 {when.at_most} 次" if zh else f", at most {when.at_most} time{'' if when.at_most == 1 else 's'}"
        )
    if when.counting:
        words = joined(list(when.counting), language)
        text += f"（计入：{words}）" if zh else f" counting {words}"
    return text


def _during(during: w.During, language: str) -> str:
    zh = chinese(language)
    end = say_moment(during.before, language)
    if during.length is not None:
        length = say_duration(during.length, language)
        return f"，仅在 {end} 前 {length} 内" if zh else f", in the {length} before {end}"
    return f"，仅在 {end} 前 {during.days} 天内" if zh else f", in the {during.days} days before {end}"


def _base(base: w.ScheduleBase, language: str) -> str:
    zh = chinese(language)
    if isinstance(base, w.Every):
        return _every(base, language)
    if isinstance(base, w.OnceAt):
        return _once(base, language)
    if isinstance(base, w.DaysAfter):
        return _days(base, language)
    if isinstance(base, w.BetweenMoments):
        start, end = say_moment(base.start, language), say_moment(base.end, language)
        return f"自{start}起开放，至{end}到期" if zh else f"open from {start}, due {end}"
    if isinstance(base, w.OnDaysOfMonth):
        at = _times(base.at, language)
        if base.nth:
            return _nth(base, at, language)
        days = joined([str(day) for day in base.days], language)
        return f"每月 {days} 日{at}" if zh else f"on day {days} of each month (or its last day){at}"
    if isinstance(base, w.AsSoonAs):
        cond = say_cond(base.cond, language)
        return f"一旦 {cond}" if zh else f"as soon as {cond}"
    if isinstance(base, w.NextWorkingDay):
        return _working_day(base, language)
    return _fixed(base, zh)


_NTH_EN = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_NTH_ZH = {1: "第一个", 2: "第二个", 3: "第三个", 4: "第四个", -1: "最后一个"}


def _nth(base: w.OnDaysOfMonth, at: str, language: str) -> str:
    zh = chinese(language)
    days = joined([(_WEEKDAYS_ZH if zh else _WEEKDAYS_EN)[day] for day in base.weekdays], language)
    return f"每月{_NTH_ZH[base.nth]}{days}{at}" if zh else f"on the {_NTH_EN[base.nth]} {days} of each month{at}"


def _working_day(base: w.NextWorkingDay, language: str) -> str:
    zh = chinese(language)
    at = _times(base.at, language)
    anchor = "" if base.anchor is None else say_moment(base.anchor, language)
    if zh:
        return f"{anchor}后的下一个工作日{at}" if anchor else f"下一个工作日{at}"
    return f"on the next working day{f' after {anchor}' if anchor else ''}{at}"


def _turn(base: w.Turn, zh: bool) -> str:
    language = "zh" if zh else "en"
    wait = "" if base.wait is None else say_duration(base.wait, language)
    before = joined(list(base.after), language) if base.after else ""
    if zh:
        return f"在{base.group}中{f'{before}之后，' if before else ''}轮到{f'后 {wait}' if wait else '时'}"
    said = f"{f'{wait} after' if wait else 'at'} its turn in {base.group}"
    return f"{said}, after {before}" if before else said


def _fixed(base: w.OncePer | w.EachSlot | w.Turn | w.OnRequest, zh: bool) -> str:
    if isinstance(base, w.Turn):
        return _turn(base, zh)
    if isinstance(base, w.OnRequest):
        return "仅当工作人员添加时" if zh else "only when staff add it"
    if isinstance(base, w.EachSlot):
        return "药物的每个服药时间" if zh else "at each slot of the medicine"
    if base.period == "calendar_year":
        return "每个自然年一次" if zh else "once in each calendar year"
    return f"每个 {base.season} 季一次" if zh else f"once in each {base.season} season"


def _times(at: tuple[w.TimeOfDay, ...], language: str) -> str:
    """`` at morning and evening``; the whole date where no time is given."""
    zh = chinese(language)
    if not at:
        return "（当天 00:00 开放，23:59 到期）" if zh else ", open from 00:00 and due 23:59"
    if isinstance(at[0], w.RandomTime):
        low, high = (say_time_of_day(end, language) for end in (at[0].earliest, at[0].latest))
        return f"，时间在 {low} 至 {high} 之间随机" if zh else f" at random between {low} and {high}"
    times = joined([say_time_of_day(time, language) for time in at if not isinstance(time, w.RandomTime)], language)
    return f"的{times}" if zh else f" at {times}"


def _at_once(language: str) -> str:
    return "，并在阶段开始时立即进行" if chinese(language) else ", and at once at phase start"


def _once(base: w.OnceAt, language: str) -> str:
    return _one(base, language) + (_at_once(language) if base.starts_at_once else "")


def _one(base: w.OnceAt, language: str) -> str:
    moment = say_moment(base.moment, language)
    zh = chinese(language)
    if base.at:
        return f"{moment} 当天{_times(base.at, language)}" if zh else f"{moment}{_times(base.at, language)}"
    if zh:
        return moment
    plain = isinstance(base.moment, w.AnchorMoment | w.StepMoment)
    return (
        f"at {moment}" if plain and isinstance(base.moment, w.AnchorMoment) else (f"when {moment}" if plain else moment)
    )


def _days(base: w.DaysAfter, language: str) -> str:
    return _listed_days(base, language) + (_at_once(language) if base.starts_at_once else "")


def _listed_days(base: w.DaysAfter, language: str) -> str:
    zh = chinese(language)
    days = joined([str(day) for day in base.days], language)
    word = "day" if len(base.days) == 1 else "days"
    at = _times(base.at, language)
    anchor = "" if base.anchor is None else say_moment(base.anchor, language)
    if base.of is not None:
        from_zh, from_en = (f"（自 {anchor} 起）", f" counted from {anchor}") if anchor else ("", "")
        return (
            f"每 {base.of} 天周期的第 {days} 天{from_zh}{at}"
            if zh
            else (f"{word} {days} of each {base.of} days{from_en}{at}")
        )
    anchor = anchor or ("开始" if zh else "the start")
    return f"{anchor}后第 {days} 天{at}" if zh else f"{word} {days} after {anchor}{at}"


def _every(base: w.Every, language: str) -> str:
    zh = chinese(language)
    text = _interval(base, language)
    if base.at:
        text += _times(base.at, language)
    elif base.weekdays:
        text += _times((), language)
    if base.anchor is not None:
        anchor = say_moment(base.anchor, language)
        text += f"（自 {anchor} 起计）" if zh else f" counted from {anchor}"
    if base.block is not None and base.cycle is not None:
        block, cycle = say_duration(base.block, language), _each(base.cycle, language)
        text += f"，{cycle}进行 {block}" if zh else f", for {block} {cycle}"
    return text + _begin(base, language)


def _begin(base: w.Every, language: str) -> str:
    """When the first one is, where that is a rule and not in the phrase."""
    zh = chinese(language)
    if base.starts_at_once:
        return _at_once(language)
    period = base.cycle if base.block is not None else base.interval
    late = base.block is not None or (not base.weekdays and base.interval.unit in {"week", "month", "year"})
    if not late or period is None:
        return ""
    length = say_duration(period, language)
    return f"（首次在 {length}后）" if zh else f" (first after {length})"


def _interval(base: w.Every, language: str) -> str:
    zh = chinese(language)
    if base.times_per_day is not None:
        return f"每天 {base.times_per_day} 次" if zh else f"{base.times_per_day} times a day"
    text = _each(base.interval, language)
    if base.weekdays:
        days = joined([(_WEEKDAYS_ZH if zh else _WEEKDAYS_EN)[day] for day in base.weekdays], language)
        text += f"的{days}" if zh else f" on {days}"
    return text


def _each(length: Duration, language: str) -> str:
    zh = chinese(language)
    if length.amount == 1:
        said = say_duration(length, language)
        return f"每{said.removeprefix('1').strip()}" if zh else f"every {said.removeprefix('1 ')}"
    return f"每 {say_duration(length, language)}" if zh else f"every {say_duration(length, language)}"
