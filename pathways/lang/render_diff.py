"""What changes for patients and staff between two plans, in words.

Two plans are taken apart into entries (``render_diff_parts``) and what is said of each is compared. A thing that was
only given another name is not a change: it is recognised by what is said of it. A value that stands in many conditions
changes once, under the numbers: conditions are compared with the names of their parameters, messages and steps, not
only with their values. Whatever differs and cannot be said in words is told by its place in the plan, so that a
difference is never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal, TypedDict

from pathways.lang import plan_cond as c
from pathways.lang.diagnostics import Language
from pathways.lang.plan import Derived, Parameter, Part, Plan
from pathways.lang.plan_base import Text
from pathways.lang.render_diff_parts import Entry, entries
from pathways.lang.render_words import Names

What = Literal["added", "removed", "moved", "changed"]


class ChangeJson(TypedDict):
    """A change for programs."""

    section: str
    what: What
    name: str
    aspect: str
    before: list[str]
    after: list[str]
    said: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``name``: its id in the newer plan (in the older one where it was removed), with its phase."""

    section: str
    what: What
    name: str
    aspect: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    said: str

    def as_json(self) -> ChangeJson:
        """For programs."""
        return {
            "section": self.section, "what": self.what, "name": self.name, "aspect": self.aspect,
            "before": list(self.before), "after": list(self.after), "said": self.said,
        }  # fmt: skip


SECTIONS: Final[dict[str, Text]] = {
    "pathway": Text(en="The pathway", zh="路径"),
    "number": Text(en="Numbers", zh="数值"),
    "source": Text(en="Sources", zh="来源"),
    "measure": Text(en="Measurements", zh="测量"),
    "computed": Text(en="Computed values", zh="计算值"),
    "decision": Text(en="Decisions", zh="决策"),
    "fact": Text(en="Facts", zh="患者信息"),
    "phase": Text(en="Phases", zh="阶段"),
    "step": Text(en="Steps", zh="步骤"),
    "rule": Text(en="Rules", zh="规则"),
    "ladder": Text(en="Ladders", zh="升级阶梯"),
    "message": Text(en="Messages", zh="消息"),
    "end": Text(en="Ends", zh="结束"),
    "event": Text(en="Events", zh="事件"),
    "quota": Text(en="Quotas", zh="配额"),
    "codes": Text(en="Lists of codes", zh="编码列表"),
}
ASPECTS: Final[dict[str, Text]] = {
    "title": Text(en="title", zh="标题"),
    "owner": Text(en="owner", zh="负责方"),
    "in": Text(en="in", zh="适用"),
    "during": Text(en="on the days", zh="适用日期"),
    "out": Text(en="not for", zh="排除"),
    "out_later": Text(en="when a reason against it becomes true", zh="之后出现排除条件时"),
    "consent": Text(en="consent", zh="同意"),
    "team": Text(en="care team", zh="团队"),
    "begins": Text(en="begins with", zh="起始阶段"),
    "counted": Text(en="time counted from", zh="起计时间"),
    "once": Text(en="one at a time", zh="同时仅一个"),
    "profiles": Text(en="profiles", zh="方案"),
    "staff_end": Text(en="staff may end it as", zh="工作人员可结束的原因"),
    "died": Text(en="after a death", zh="患者去世后"),
    "withdrawn": Text(en="after a withdrawal", zh="患者退出后"),
    "value": Text(en="value", zh="数值"),
    "adjustable": Text(en="may be changed", zh="可调整"),
    "merge": Text(en="with other pathways", zh="与其他路径"),
    "cite": Text(en="citation", zh="引用"),
    "checked": Text(en="compared with the source", zh="核对"),
    "measured": Text(en="how it is measured", zh="测量方式"),
    "computed": Text(en="how it is computed", zh="计算方式"),
    "asked": Text(en="asked again", zh="定期询问"),
    "question": Text(en="question", zh="问题"),
    "only_if": Text(en="only if", zh="仅当"),
    "tier": Text(en="tier", zh="分级"),
    "lasts": Text(en="lasts", zh="时长"),
    "at_latest": Text(en="at the latest", zh="最迟"),
    "leave": Text(en="ways out", zh="离开条件"),
    "at_end": Text(en="at the end", zh="到期时"),
    "kind": Text(en="kind", zh="类别"),
    "who": Text(en="who", zh="由谁"),
    "when": Text(en="when", zh="何时"),
    "what": Text(en="what happens", zh="内容"),
    "on_leave": Text(en="when the phase is left", zh="离开阶段时"),
    "if_past": Text(en="when its time has passed already", zh="时间已过时"),
    "level": Text(en="level", zh="级别"),
    "if": Text(en="if", zh="条件"),
    "watches": Text(en="watches while", zh="监测状态"),
    "again": Text(en="second measurement", zh="复测"),
    "guide": Text(en="treat and repeat", zh="处理并复测"),
    "true": Text(en="does", zh="处理"),
    "unknown": Text(en="when not known", zh="未知时"),
    "acts": Text(en="acts", zh="触发"),
    "settled": Text(en="settled when", zh="缓解条件"),
    "rungs": Text(en="who is told when", zh="通知顺序"),
    "text": Text(en="text", zh="正文"),
    "to": Text(en="to", zh="收件人"),
    "topic": Text(en="topic", zh="主题"),
    "private": Text(en="private", zh="私密"),
    "does": Text(en="does", zh="处理"),
    "owed": Text(en="owed", zh="应完成"),
    "codes": Text(en="codes", zh="编码"),
    "order": Text(en="order", zh="顺序"),
    "rows": Text(en="rows", zh="各行"),
    "detail": Text(en="detail", zh="细节"),
}
_IDS: Final = frozenset({
    "id", "path", "text", "until_text", "sha256", "version", "param", "derived", "step", "phase", "measure", "go",
    "end", "ladder", "steps", "in_phases", "fact", "message", "cite", "rule", "inputs", "event", "decision", "form",
    "since", "places",
})  # fmt: skip


class _Ids(Names):
    """Says a plan with the author's names: what stays the same here differs at most by values said elsewhere."""

    def parameter(self, parameter: Parameter) -> str:
        return parameter.id

    def message(self, message: str) -> str:
        return message

    def step(self, step: str, phase: str | None = None) -> str:
        return f"{phase}.{step}" if phase else step

    def phase(self, phase: str) -> str:
        return phase

    def end(self, end: str) -> str:
        return end

    def derived(self, spec: Derived, component: str = "value") -> str:
        return f"{spec.id}.{component}"

    def decision(self, decision: str) -> str:
        return decision

    def decision_word(self, decision: str, word: str) -> str:
        return word


def differences(before: Plan, after: Plan, language: Language = "en", profile: str | None = None) -> tuple[Change, ...]:
    """Every change, in the order of the review page; empty where patients and staff notice nothing.

    Args:
        before: the older plan.
        after: the newer plan.
        language: of the texts of the changes.
        profile: compare the numbers of this profile only; None: of all.
    """
    return tuple(_Compared(before, after, language, profile).changes())


class _Compared:
    def __init__(self, before: Plan, after: Plan, language: Language, profile: str | None) -> None:
        before, after = _of_profile(before, profile), _of_profile(after, profile)
        self.before, self.after = Names(before, language, profile), Names(after, language, profile)
        self.before_ids, self.after_ids = _Ids(before, language, profile), _Ids(after, language, profile)
        renamed = _renamed(before, after)
        self.new = {(e.section, e.where, e.key): e for e in entries(after)}
        self.old = {
            (e.section, renamed.get(e.where, e.where), renamed.get(e.key, e.key) if e.section == "phase" else e.key): e
            for e in entries(before)
        }

    def changes(self) -> Iterator[Change]:
        """The changes, section by section."""
        pairs = {key: (entry, self.new[key]) for key, entry in self.old.items() if key in self.new}
        gone = [entry for key, entry in self.old.items() if key not in self.new]
        come = [entry for key, entry in self.new.items() if key not in self.old]
        moved = list(self._same(gone, come))
        gone = [entry for entry in gone if not any(entry is a for a, _ in moved)]
        come = [entry for entry in come if not any(entry is b for _, b in moved)]
        for section in SECTIONS:
            for a, b in pairs.values():
                if b.section == section:
                    yield from self._changed(a, b)
            for a, b in moved:
                if b.section == section and a.where != b.where:
                    yield self._moved(a, b)
            yield from (self._whole(entry, "removed") for entry in gone if entry.section == section)
            yield from (self._whole(entry, "added") for entry in come if entry.section == section)
            yield from self._order(section)

    # ------------------------------------------------------------------ whole things

    def _same(self, gone: list[Entry], come: list[Entry]) -> Iterator[tuple[Entry, Entry]]:
        """Things that only bear another name, or only stand in another phase."""
        left = list(come)
        for a in gone:
            said = _said(a, self.before)
            for b in left:
                if b.section == a.section and _said(b, self.after) == said and not _rest(a, b):
                    left.remove(b)
                    yield a, b
                    break

    def _whole(self, entry: Entry, what: What) -> Change:
        names = self.before if what == "removed" else self.after
        lines = tuple(line for aspect, said in _said(entry, names).items() for line in _labelled(names, aspect, said))
        title = _titled(names, entry)
        said = {"removed": names.say(f"removed: {title}", f"删除：{title}")}.get(what) or names.say(
            f"added: {title}: {'; '.join(lines)}", f"新增：{title}：{'；'.join(lines)}"
        )
        before, after = ((), lines) if what == "added" else (lines, ())
        return Change(entry.section, what, _name(entry), "", before, after, said)

    def _moved(self, a: Entry, b: Entry) -> Change:
        names = self.after
        old, new = (_phase(n, e.where) for n, e in ((self.before, a), (self.after, b)))
        title = b.title(names)
        said = names.say(f"moved: {title}: from {old} to {new}", f"移动：{title}：从{old}到{new}")
        return Change(b.section, "moved", _name(b), "", (old,), (new,), said)

    # ------------------------------------------------------------------ aspects

    def _changed(self, a: Entry, b: Entry) -> Iterator[Change]:
        if a.whole and a.rest == b.rest:
            return  # the same parts: what is said of them differs at most by what is said elsewhere
        told = False
        for aspect in dict.fromkeys([*a.aspects, *b.aspects]):
            old, new = (_lines(e, aspect, n) for e, n in ((a, self.before), (b, self.after)))
            if old == new or _lines(a, aspect, self.before_ids) == _lines(b, aspect, self.after_ids):
                continue
            told = True
            yield self._change(b, aspect, old, new)
        if not told:
            for place in _rest(a, b):
                yield self._change(b, "detail", [place[1]], [place[2]], place[0])

    def _change(self, entry: Entry, aspect: str, old: list[str], new: list[str], place: str = "") -> Change:
        names = self.after
        label = names.text(ASPECTS[aspect]) + (f" {place}" if place else "")
        lead = names.say(f"{_titled(names, entry)}: {label}", f"{_titled(names, entry)}：{label}")
        what: What = "moved" if entry.section == "step" and aspect == "when" else "changed"
        said = names.say(f"{lead}: {_story(names, old, new)}", f"{lead}：{_story(names, old, new)}")
        return Change(entry.section, what, _name(entry), aspect, tuple(old), tuple(new), said)

    def _order(self, section: str) -> Iterator[Change]:
        """Rules act in their order, phases are shown in theirs: another order is a change."""
        if section not in {"rule", "phase"}:
            return
        both = [key for key in self.new if key in self.old and key[0] == section]
        if [key for key in self.old if key in set(both)] == both:
            return
        old = [self.old[key].title(self.before) for key in self.old if key in set(both)]
        new = [self.new[key].title(self.after) for key in both]
        names = self.after
        label = names.text(ASPECTS["order"])
        said = f"{label}{names.say(': ', '：')}{names.say(', ', '、').join(old)} → {names.say(', ', '、').join(new)}"
        yield Change(section, "changed", section, "order", tuple(old), tuple(new), said)


def _renamed(before: Plan, after: Plan) -> dict[str, str]:
    """Phases that bear another name and the same title."""
    come = {phase.title: name for name, phase in after.phases.items() if name not in before.phases}
    gone = {name: phase.title for name, phase in before.phases.items() if name not in after.phases}
    return {name: come[title] for name, title in gone.items() if title in come}


def _of_profile(plan: Plan, profile: str | None) -> Plan:
    """The plan as it is for one profile."""
    if profile is None:
        return plan
    parameters = {
        name: one.model_copy(update={"value": one.by_profile.get(profile, one.value), "by_profile": {}})
        for name, one in plan.parameters.items()
    }
    return plan.model_copy(update={"parameters": parameters, "profiles": (profile,)})


def _lines(entry: Entry, aspect: str, names: Names) -> list[str]:
    said = entry.aspects[aspect](names) if aspect in entry.aspects else ""
    return [said] if isinstance(said, str) else said


def _said(entry: Entry, names: Names) -> dict[str, list[str]]:
    return {aspect: _lines(entry, aspect, names) for aspect in entry.aspects}


def _labelled(names: Names, aspect: str, lines: list[str]) -> list[str]:
    if aspect in {"title", "kind"} or not any(lines):
        return []
    label = names.text(ASPECTS[aspect])
    return [f"{label}{names.say(': ', '：')}{names.say('; ', '；').join(line for line in lines if line)}"]


def _name(entry: Entry) -> str:
    return f"{entry.where}.{entry.key}" if entry.where else entry.key


def _titled(names: Names, entry: Entry) -> str:
    title = entry.title(names)
    if entry.section != "step":
        return title
    return names.say(f"{title} ({_phase(names, entry.where)})", f"{title}（{_phase(names, entry.where)}）")


def _phase(names: Names, phase: str) -> str:
    return f"“{names.phase(phase)}”" if phase else names.say("every phase", "每个阶段")


def _story(names: Names, old: list[str], new: list[str]) -> str:
    """``before → after``; of lists only the lines that came and went."""
    if len(old) == len(new) == 1:
        nothing = names.say("nothing", "无")
        return f"{old[0] or nothing} → {new[0] or nothing}"
    parts: list[str] = []
    for kind, a, b, start, end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "replace" and b - a == end - start:
            parts += [f"{x} → {y}" for x, y in zip(old[a:b], new[start:end], strict=True)]
        elif kind != "equal":
            parts += [names.say(f"no longer: {line}", f"不再：{line}") for line in old[a:b]]
            parts += [names.say(f"new: {line}", f"新增：{line}") for line in new[start:end]]
    return names.say("; ", "；").join(parts)


# --------------------------------------------------------------------------- what no words were found for


def _rest(a: Entry, b: Entry) -> list[tuple[str, str, str]]:
    """Place, old and new value of whatever differs in the parts of two entries, names left aside."""
    left, right = (dict(_leaves("", [_plain(part) for part in entry.rest])) for entry in (a, b))
    places = [place for place in dict.fromkeys([*left, *right]) if left.get(place) != right.get(place)]
    return [(place, str(left.get(place, "—")), str(right.get(place, "—"))) for place in places]


def _plain(part: object) -> Any:
    if isinstance(part, c.FactRef):
        return part.model_dump(mode="json")
    if isinstance(part, Part):
        return {name: _plain(getattr(part, name)) for name in type(part).model_fields if name not in _IDS}
    if isinstance(part, tuple | list):
        return [_plain(one) for one in part]
    if isinstance(part, dict):
        return {str(key): _plain(value) for key, value in part.items()}
    return str(part)


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{place}.{key}".strip("."), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(f"{place}.{number}".strip("."), inner)
    else:
        yield re.sub(r"^\d+\.", "", place), value
