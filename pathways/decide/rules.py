"""Rules watch for trouble: a condition turns true, an episode opens, people are told, it is settled.

See docs/reference/order.md, part "Rules". At most one episode of a rule is open at a time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pathways.decide import guide
from pathways.decide.actions import Setting, perform
from pathways.decide.conditions import (
    Finding,
    Truth,
    Unknown,
    Verdict,
    finding_to_json,
    next_change,
    remember,
    verdict,
)
from pathways.decide.contact import red_key, say
from pathways.decide.index import RuleIndex, first_say, rules_for
from pathways.decide.readings import numbers
from pathways.decide.records import Episode, Kept, RuleRun, Task
from pathways.decide.rule_scope import in_scope, plan_edge
from pathways.decide.rule_title import title
from pathways.decide.tasks import Work, close_task, open_task
from pathways.decide.texts import text, word
from pathways.lang.plan import Escalate, OpenTask, Rule
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case

WORSE = {"info": 0, "no_data": 1, "amber": 2, "red": 3}


def memory_of(case: Case, rule: Rule) -> RuleRun:
    """What is remembered of a rule."""
    key = f"{case.id}|{rule.id}"
    found = case.run.state.rules.get(key)
    if found is None:
        found = case.run.state.rules[key] = RuleRun(key=key)
    return found


def judge_all(case: Case, touched: set[str], reading: Kept | None) -> None:
    """Judge every rule that an input that changed can change, red ones first, then in order of the pathway."""
    for rule in case.index.dated:
        plan_edge(case, rule, memory_of(case, rule))
    for ri in rules_for(case.index, touched):
        if not in_scope(case, ri.rule):
            continue
        mine = reading if reading is not None and reading.measure in ri.catalogue else None
        case.judging = mine
        try:
            judge(case, ri, mine)
        finally:
            case.judging = None
    if reading is not None:
        guide.read(case, reading)


def judge(case: Case, ri: RuleIndex, reading: Kept | None) -> None:
    """What a rule comes to now, and what follows."""
    rule, memory = ri.rule, memory_of(case, ri.rule)
    if ri.timed:
        remember(rule.cond, case, case.en.held)
        memory.held_at = next_change(rule.cond, case)
        case.run.live.schedule("rules", memory)
    value = case.truth(rule.cond)
    before, memory.value = memory.value, value.name.lower()
    trigger = trigger_of(case, ri, reading)
    fresh = before != "true" or trigger not in {"", memory.judged}
    if trigger:
        memory.judged = trigger
    episode = case.run.state.episodes.get(memory.key)
    if value is not Truth.UNKNOWN:
        memory.unknown_since, memory.unknown_at, memory.unknown_acted = None, None, False
    if memory.follow is not None and rule.settled_when is not None and case.truth(rule.settled_when) is Truth.TRUE:
        memory.follow = None
        _say(case, rule, "rule_settled", "settled")
    if value is Truth.TRUE:
        _true(case, rule, memory, episode, reading, fresh=fresh)
    elif value is Truth.FALSE:
        _false(case, rule, episode, reading)
    elif rule.unknown.not_met is not None:
        _not_met(case, rule, episode, before)
    else:
        _unknown(case, rule, memory)
    episode = case.run.state.episodes.get(memory.key)
    if episode is not None and episode.state != "awaiting" and value is not Truth.TRUE:
        _look_inside(case, rule, episode)


def trigger_of(case: Case, ri: RuleIndex, reading: Kept | None) -> str:
    """The key of the reading or answer that is judged now; "" when something else made the rule look."""
    if reading is not None:
        return reading.key
    answer = case.run.answer
    return answer.key if answer is not None and not answer.tokens.isdisjoint(ri.cond) else ""


def _true(
    case: Case, rule: Rule, memory: RuleRun, episode: Episode | None, reading: Kept | None, *, fresh: bool
) -> None:
    if episode is None:
        if fresh and not _held_back(case, rule, memory):
            _open(case, rule, memory, reading)
        return
    if episode.state == "awaiting":
        if _is_repeat(episode, reading):
            _confirm(case, rule, episode, "second", reading)
        return
    if rule.fires in {"each_reading", "each_answer"} and fresh:
        memory.number += 1
        memory.fired = case.run.at
        episode.acted = []
        _act(case, rule, episode, reading)
        return
    _look_inside(case, rule, episode)


def _false(case: Case, rule: Rule, episode: Episode | None, reading: Kept | None) -> None:
    if episode is None:
        return
    if episode.state == "awaiting":
        if _is_repeat(episode, reading):
            del case.run.state.episodes[episode.key]
            case.run.watch_again = True
            _say(case, rule, "rule_normal_second", "normal", weight=7)
            assert rule.repeat is not None
            perform(case, rule.repeat.normal_repeat, _setting(case, rule, episode, level="amber", part="normal"))
        return
    if episode.state == "open" and not episode.had_task and not rule.settled_by_task:
        _close(case, rule, episode, "rule_settled")


def _is_repeat(episode: Episode, reading: Kept | None) -> bool:
    """A second reading inside the window; one before it is judged, but is not the repeat."""
    if reading is None or reading.at is None or reading.key == episode.reading:
        return False
    assert episode.from_ is not None and episode.until is not None
    return episode.from_ <= reading.at <= episode.until


def _held_back(case: Case, rule: Rule, memory: RuleRun) -> bool:
    """Not again so soon, or another rule has the same problem in hand. A worse level always passes."""
    if rule.not_again_within is not None and memory.fired is not None:
        until = case.after(memory.fired, rule.not_again_within)
        if until is not None and case.run.at < until:
            return True
    for other in case.plan.rules:
        if rule.id in other.instead_of and f"{case.id}|{other.id}" in case.run.state.episodes:
            return WORSE[rule.level] <= WORSE[other.level]
    return False


# --------------------------------------------------------------------------- episodes


def _open(case: Case, rule: Rule, memory: RuleRun, reading: Kept | None) -> None:
    run = case.run
    memory.number += 1
    memory.fired = run.at
    episode = Episode(
        key=memory.key,
        enrolment=case.id,
        rule=rule.id,
        opened=run.at,
        number=memory.number,
        reading=reading.key if reading else "",
    )
    run.state.episodes[episode.key] = episode
    run.watch_again = True
    _explain(case, rule)
    if rule.repeat is not None and reading is not None:
        episode.state = "awaiting"
        episode.from_ = case.after(run.floor, rule.repeat.after)
        episode.until = case.after(run.floor, rule.repeat.within)
        run.live.schedule("episodes", episode)
        _say(case, rule, "rule_awaits", "awaits", weight=8, reading=reading)
        say(case, rule.repeat.message, red_key(run.state.journey, rule.id, reading.key))
        return
    _act(case, rule, episode, reading)


def _confirm(case: Case, rule: Rule, episode: Episode, why: str, reading: Kept | None) -> None:
    episode.state = "open"
    words = text("rule_confirmed", rule=title(rule), why=word("why", why))
    _say(case, rule, "", "confirmed", weight=8, words=words)
    _act(case, rule, episode, reading, said=True)


def _act(case: Case, rule: Rule, episode: Episode, reading: Kept | None, *, said: bool = False) -> None:
    """Do what the rule lists, once per episode (or per reading, where it says so)."""
    if not said:
        _say(
            case,
            rule,
            "rule_fired",
            f"fired:{memory_of(case, rule).number}",
            weight=8 if rule.level == "red" else 5,
            reading=reading,
        )
    for other in rule.instead_of:
        _take_over(case, other)
    first = red_key(case.run.state.journey, rule.id, reading.key) if reading is not None and rule.level == "red" else ""
    guided = rule.guide is not None and first_say(rule) == rule.guide.say[0].message
    setting = _setting(case, rule, episode, first_key="" if guided else first, reading=reading)
    setting = replace(setting, reading=reading.key if reading is not None else episode.reading)
    guide.note(episode, perform(case, rule.do, setting, episode.acted))
    if rule.guide is not None and not episode.round:
        guide.begin(case, rule, rule.guide, episode, first if guided else "")
    case.run.watch_again = True


def _look_inside(case: Case, rule: Rule, episode: Episode) -> None:
    """An action's own ``if`` is looked at through the whole episode."""
    if len(episode.acted) < len(rule.do):
        guide.note(episode, perform(case, rule.do, _setting(case, rule, episode), episode.acted))


def _setting(
    case: Case,
    rule: Rule,
    episode: Episode,
    *,
    level: str = "",
    part: str = "",
    first_key: str = "",
    reading: Kept | None = None,
) -> Setting:
    key = case.key("rules", rule.id, episode.number) + (f":{part}" if part else "")
    trigger = trigger_of(case, case.index.rules[rule.id], reading)
    if trigger and rule.fires in {"each_reading", "each_answer"}:
        key = f"{key}:{trigger}"
    return Setting(
        key=key,
        place=rule.path,
        title=title(rule),
        level=level or rule.level,
        episode="" if part else episode.key,
        first_key=first_key,
    )


def _take_over(case: Case, other: str) -> None:
    """This rule's task stands instead of another's: one task per problem."""
    episode = case.run.state.episodes.get(f"{case.id}|{other}")
    if episode is None:
        return
    for key in list(episode.tasks):
        task = case.run.state.tasks.get(key)
        if task is not None:
            close_task(case, task, "cancelled", by="pathway", why="not needed")
    _close(case, case.index.rules[other].rule, episode, "rule_settled")


def _close(case: Case, rule: Rule, episode: Episode, how: str) -> None:
    guide.stop(case, episode)
    del case.run.state.episodes[episode.key]
    case.run.watch_again = True
    _say(case, rule, how, f"closed:{episode.number}")


def task_closed(case: Case, task: Task) -> None:
    """A task of an episode was completed or cancelled: with the last one the episode is over."""
    episode = case.run.state.episodes.get(task.episode)
    if episode is None:
        return
    episode.tasks = [key for key in episode.tasks if key != task.key]
    if episode.tasks:
        return
    ri = case.index.rules[episode.rule]
    rule, memory = ri.rule, memory_of(case, ri.rule)
    _close(case, rule, episode, "rule_closed")
    running = case.en.status in {"active", "paused"}
    if running and rule.settled_when is not None and case.truth(rule.settled_when) is not Truth.TRUE:
        memory.follow = case.after(case.run.at, rule.settled_within)
        memory.follow_from = f"{episode.number}"
        case.run.live.schedule("rules", memory)


def reading_removed(case: Case, reading: str) -> None:
    """A reading was entered in error: what it opened is judged again, and closed if it does not stand."""
    for episode in sorted(case.run.state.episodes.values(), key=lambda e: e.key):
        if episode.enrolment != case.id or episode.reading != reading:
            continue
        rule = case.index.rules[episode.rule].rule
        memory = memory_of(case, rule)
        value = case.truth(rule.cond)
        memory.value = value.name.lower()
        if value is Truth.TRUE:
            continue
        for key in list(episode.tasks):
            task = case.run.state.tasks.get(key)
            if task is not None:
                close_task(case, task, "cancelled", by="pathway", why="entered_in_error")
        _explain(case, rule)
        _close(case, rule, episode, "rule_settled")


# --------------------------------------------------------------------------- due instants


def episode_due(case: Case, episode: Episode) -> None:
    """No second reading came in time."""
    rule = case.index.rules[episode.rule].rule
    if episode.state == "guiding":
        guide.nothing_came(case, episode)
        return
    assert rule.repeat is not None
    if rule.repeat.no_repeat == "confirmed":
        _confirm(case, rule, episode, "no_repeat", None)
    else:
        _close(case, rule, episode, "rule_settled")


def rule_due(case: Case, memory: RuleRun) -> None:
    """A follow-up, an unknown that has lasted, a condition that has held long enough."""
    at = case.run.at
    ri = case.index.rules[memory.key.split("|", 1)[1]]
    if memory.follow is not None and memory.follow <= at:
        memory.follow = None
        if case.truth(ri.rule.settled_when) is not Truth.TRUE:
            _follow_up(case, ri.rule, memory)
    if memory.unknown_at is not None and memory.unknown_at <= at:
        memory.unknown_at = None
        if in_scope(case, ri.rule) and case.truth(ri.rule.cond) is Truth.UNKNOWN:
            _unknown_acts(case, ri.rule, memory)
    if memory.edge_at is not None and memory.edge_at <= at:
        memory.edge_at = None
        plan_edge(case, ri.rule, memory)
        case.run.watch_again = True
        if in_scope(case, ri.rule):
            judge(case, ri, None)
    if memory.held_at is not None and memory.held_at <= at:
        memory.held_at = None
        if in_scope(case, ri.rule):
            judge(case, ri, None)
    case.run.live.schedule("rules", memory)


def _follow_up(case: Case, rule: Rule, memory: RuleRun) -> None:
    """Completed, but not settled in the time the rule gives: a person looks again.

    Who is called first by the rule's ladder does it; the ladder itself does not run again. It is made for a red flag
    that nobody has answered, and this one was answered: an amber task must not telephone people at any hour.
    """
    spec = next((a.task for a in rule.acts() if isinstance(a, OpenTask | Escalate) and a.task is not None), None)
    first = next((a.ladder for a in rule.acts() if isinstance(a, Escalate)), None)
    role = spec.role if spec is not None else case.first_role
    if first is not None:
        role = case.plan.ladders[first].rungs[0].tell
    due = spec.due if spec is not None and spec.due is not None else rule.settled_within
    key = case.key("rules", rule.id, memory.follow_from, "follow")
    words = text("rule_not_settled", rule=title(rule))
    open_task(
        case,
        Work(
            key=key,
            id=f"{rule.id}.follow_up",
            source=f"{rule.id}.follow_up",
            title=words,
            role=role,
            level="amber",
            due=due,
            ladder=None if first is not None or spec is None else spec.ladder,
        ),
    )


def _not_met(case: Case, rule: Rule, episode: Episode | None, before: str) -> None:
    """The author says that unknown counts as not met, and why: no task, and what ends with a false condition ends.

    A second reading that cannot be judged is not a normal one: what waits for it goes on to wait.
    """
    if before in {"true", "false"}:
        _explain(case, rule)
    if episode is not None and episode.state == "open" and not episode.had_task and not rule.settled_by_task:
        _close(case, rule, episode, "rule_settled")


def _unknown(case: Case, rule: Rule, memory: RuleRun) -> None:
    """Unknown is never normal: what the rule says, once it has lasted, never before the first reading was due."""
    spec = rule.unknown
    if not spec.do or memory.unknown_acted or memory.unknown_at is not None:
        return
    ri = case.index.rules[rule.id]
    dues = [due for m in ri.measures if (due := case.en.first_due.get(m)) is not None]
    if not dues and not case.index.brought.isdisjoint(ri.measures):
        return  # the step that brings a reading has not been planned yet
    since = max([case.run.at, *dues])
    if memory.unknown_since is None:
        memory.unknown_since = since
    memory.unknown_at = since if spec.lasts is None else case.after(since, spec.lasts)
    case.run.live.schedule("rules", memory)


def _unknown_acts(case: Case, rule: Rule, memory: RuleRun) -> None:
    memory.unknown_acted = True
    memory.number += 1
    _say(case, rule, "rule_unknown", f"unknown:{memory.number}", weight=5)
    _explain(case, rule)
    setting = Setting(
        key=case.key("rules", rule.id, memory.number, "unknown"), place=rule.path, title=title(rule), level=rule.level
    )
    perform(case, rule.unknown.do, setting)


# --------------------------------------------------------------------------- words


def _say(
    case: Case,
    rule: Rule,
    key: str,
    part: str,
    *,
    weight: int = 0,
    reading: Kept | None = None,
    words: Text | None = None,
) -> None:
    said = numbers(case.run, reading) if reading is not None else ""
    words = words or text(key, rule=title(rule), values=said or rule.level) if key != "" else words
    assert words is not None
    coded = {"rule_fired": "rule_fired", "rule_awaits": "rule_awaits"}.get(key, key or "rule_confirmed")
    number = memory_of(case, rule).number
    case.run.timeline(
        case,
        coded,
        rule.path,
        words,
        key=case.key("rules", rule.id, number, part),
        weight=weight,
        data={"rule": rule.id, "level": rule.level, **({"reading": reading.key} if reading is not None else {})},
    )


def _explain(case: Case, rule: Rule) -> None:
    found = judged(case, rule)
    case.run.explain(case, rule.path, found.value.name.lower(), title(rule), finding_to_json(found.finding))


def judged(case: Case, rule: Rule) -> Verdict:
    """The verdict of a rule's condition; where unknown counts as not met, with the author's reason for it."""
    found = verdict(rule.cond, case)
    note = rule.unknown.not_met
    if found.value is not Truth.UNKNOWN or note is None:
        return found
    whole = Finding(found.finding.text, found.value, unknown=Unknown(note), parts=(found.finding,), kind="not_met")
    return Verdict(found.value, whole, found.at)
