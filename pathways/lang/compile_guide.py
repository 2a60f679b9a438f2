"""The `episode` of a rule: from lines of the document to the guide of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pathways.lang.compile_actions import STEP_ALLOW, compile_actions
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan_base import WORKING_UNITS, Duration, parts_of
from pathways.lang.plan_cond import MeasureRef
from pathways.lang.plan_guide import Guide, GuideLine, GuideRow
from pathways.lang.plan_steps import Action, Escalate, OpenTask, Say
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec import RuleSpec
from pathways.lang.spec_guide import GuideSpec

_KEYS: Mapping[GuideLine, frozenset[str]] = {
    "say": frozenset({"say"}),
    "measure": frozenset({"measure", "within", "message"}),
    "if": frozenset({"if", "settled", "do"}),
    "unknown": frozenset({"if", "do"}),
    "else": frozenset({"else", "repeat", "afterwards"}),
}
"""What may stand in each kind of line."""
_AFTER: Mapping[GuideLine | None, tuple[GuideLine, ...]] = {
    None: ("say",),
    "say": ("say", "measure"),
    "measure": ("if",),
    "if": ("if", "unknown"),
    "unknown": ("else",),
    "else": (),
}
"""Which kinds may come after a kind (None: the beginning)."""
_WANTED: Mapping[GuideLine, Said] = {
    "say": Said("`say`", "`say`"),
    "measure": Said("`measure` with `within`", "带 `within` 的 `measure`"),
    "if": Said("a row with `if`", "带 `if` 的一行"),
    "unknown": Said("the row `if: unknown`", "`if: unknown` 行"),
    "else": Said("the last row `else: true`", "最后的 `else: true` 行"),
}
_TASK = Said("a task or `escalate`", "任务或 `escalate`")
_LADDER = Said("`escalate`", "`escalate`")


def compile_guide(r: Reader, path: Path, rule: RuleSpec, scope: Scope, do: Sequence[Action]) -> Guide | None:
    """The guide of a rule, whose own ``do`` may already reach a person; None without one, or where its lines do not
    stand in order."""
    if rule.episode is None:
        return None
    lines = _in_order(r, path, rule.episode)
    if lines is None:
        return None
    says = tuple(_say(r, at, line) for kind, at, line in lines if kind == "say")
    asks = next((at, line) for kind, at, line in lines if kind == "measure")
    after, within, measure = _asks(r, *asks)
    rows = tuple(_row(r, at, line, scope) for kind, at, line in lines if kind == "if")
    unknown = next((at, line) for kind, at, line in lines if kind == "unknown")
    last_at, last = lines[-1][1:]
    guide = Guide(
        path=r.dotted(path),
        say=says,
        measure=measure,
        message=asks[1].message,
        after=after,
        within=within,
        rows=rows,
        unknown=compile_actions(r, (*unknown[0], "do"), unknown[1].do, scope, STEP_ALLOW),
        times=r.count(last.repeat or "1", (*last_at, "repeat")),
        afterwards=compile_actions(r, (*last_at, "afterwards"), last.afterwards, scope, STEP_ALLOW),
    )
    _ends(r, path, rule, guide, do, [(at, kind) for kind, at, _ in lines])
    return guide


def _kind(line: GuideSpec) -> GuideLine | None:
    kinds: list[GuideLine] = []
    if line.say is not None:
        kinds.append("say")
    if line.measure is not None:
        kinds.append("measure")
    if line.test is not None:
        kinds.append("unknown" if line.test == "unknown" else "if")
    if line.otherwise is not None:
        kinds.append("else")
    return kinds[0] if len(kinds) == 1 else None


_Line = tuple[GuideLine, Path, GuideSpec]


def _in_order(r: Reader, path: Path, episode: Sequence[GuideSpec]) -> list[_Line] | None:
    """The lines with their kinds; None after saying what is wanted where."""
    before: GuideLine | None = None
    lines: list[_Line] = []
    good = True
    for index, line in enumerate(episode):
        at, kind = (*path, index), _kind(line)
        if kind is None or kind not in _AFTER[before]:
            r.say("episode_order", at, wanted=_wanted(before))
            return None
        good = _line(r, at, kind, line) and good
        lines.append((kind, at, line))
        before = kind
    if before != "else":
        r.say("episode_order", (*path, len(episode) - 1), wanted=_wanted(before))
        return None
    return lines if good else None


def _wanted(before: GuideLine | None) -> Said:
    found = [_WANTED[kind] for kind in _AFTER[before]] or [Said("nothing more", "不应再有内容")]
    return Said(" or ".join(said.en for said in found), "或".join(said.zh for said in found))


def _line(r: Reader, at: Path, kind: GuideLine, line: GuideSpec) -> bool:
    """Whether a line has what its kind needs; keys that mean nothing there are told."""
    written = {(info.alias or name) for name, info in GuideSpec.model_fields.items() if getattr(line, name) is not None}
    owner = {key: word for word, keys in _KEYS.items() if word != "unknown" for key in keys}
    for key in sorted(written - _KEYS[kind]):
        r.say("text_not_allowed", (*at, key), key=True, key_=key, needs="if" if key == "do" else owner[key])
    needed = {"measure": ("within",), "unknown": ("do",), "else": ("repeat", "afterwards")}.get(kind, ())
    lacking = [key for key in needed if key not in written]
    if kind == "if" and line.do is None and not line.settled:
        lacking = ["do"]
    for key in lacking:
        r.say("missing_key", at, key_=key, place=GuideSpec.PLACE)
    return not lacking


def _say(r: Reader, at: Path, line: GuideSpec) -> Say:
    assert line.say is not None
    _message(r, (*at, "say"), line.say)
    return Say(id=r.symbols.action_ids[at], path=r.dotted(at), message=line.say)


def _message(r: Reader, at: Path, name: str) -> None:
    """A message of the guidance goes to the patient at any hour: a reading is awaited from now on."""
    r.message(name, at)
    spec = r.spec.messages.get(name)
    if spec is not None and (spec.kind != "red" or "patient" not in spec.to):
        r.say("episode_message_class", at, name=name, kind=spec.kind)


def _asks(r: Reader, at: Path, line: GuideSpec) -> tuple[Duration, Duration, str]:
    assert line.measure is not None
    assert line.within is not None
    r.measure(line.measure, (*at, "measure"))
    if line.message is not None:
        _message(r, (*at, "message"), line.message)
    after, within = r.duration_range(line.within, (*at, "within"))
    return after, within, line.measure


def _row(r: Reader, at: Path, line: GuideSpec, scope: Scope) -> GuideRow:
    assert line.test is not None
    return GuideRow(
        path=r.dotted(at),
        cond=r.condition(line.test, (*at, "if"), scope),
        settled=line.settled is True,
        do=compile_actions(r, (*at, "do"), line.do, scope, STEP_ALLOW),
    )


def _ends(
    r: Reader, path: Path, rule: RuleSpec, guide: Guide, do: Sequence[Action], lines: list[tuple[Path, GuideLine]]
) -> None:
    """Every way out of the guidance is settled or lies with a person, and the reading that is asked for decides."""
    if not any(row.settled for row in guide.rows):
        r.say("episode_without_settled", path, key=True)
    if not any(
        isinstance(n, MeasureRef) and n.measure == guide.measure for row in guide.rows for n in parts_of(row.cond)
    ):
        at = next(at for at, kind in lines if kind == "measure")
        r.say("episode_never_judged", (*at, "measure"), name=guide.measure)
    ways: list[tuple[Path, Sequence[Action]]] = [
        ((*at, "do"), row.do)
        for row, at in zip(guide.rows, (at for at, kind in lines if kind == "if"), strict=True)
        if not row.settled
    ]
    ways += [((*at, "do"), guide.unknown) for at, kind in lines if kind == "unknown"]
    ways += [((*at, "afterwards"), guide.afterwards) for at, kind in lines if kind == "else"]
    red = rule.level == "red"
    wanted = Escalate if red else (OpenTask, Escalate)
    for at, actions in ways:
        if not _reaches(do, wanted) and not _reaches(actions, wanted):
            r.say("episode_without_person", at, key=True, wanted=_LADDER if red else _TASK)
        for index, action in enumerate(actions):
            due = action.task.due if isinstance(action, OpenTask) else None
            if red and due is not None and due.unit in WORKING_UNITS:
                r.say("red_working_time", (*at, index, "due"))


def _reaches(actions: Sequence[Action], wanted: type[Escalate] | tuple[type[OpenTask], type[Escalate]]) -> bool:
    return any(isinstance(action, wanted) and action.only_if is None for action in actions)
