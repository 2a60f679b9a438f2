"""Ids of actions: every action of a document, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pathways.lang.resolve import THROUGHOUT, Symbols, TaskSymbol
from pathways.lang.source import Path
from pathways.lang.spec import PathwaySpec
from pathways.lang.spec_actions import TaskAction
from pathways.lang.spec_base import Node
from pathways.lang.spec_steps import AnyStep, AskingStep, ExerciseStep, HandoffStep, TaskStep, TeachStep, VisitStep


def name_actions(symbols: Symbols) -> list[tuple[Path, str, Path]]:
    """Give every action its id: the author's, else its owner's, then ``.2`` and so on.

    Among actions without an id of their own the ones that open a task come first, so that a rule's task
    bears the name of the rule.

    Returns:
        Ids written twice: (path of the second, id, path of the first).
    """
    taken: dict[str, Path] = {}
    twice: list[tuple[Path, str, Path]] = []
    owned: dict[str, list[tuple[Path, Node, str | None]]] = {}
    steps = {name for _, name, _ in symbols.all_steps()}
    for owner, phase, path, action in walk_actions(symbols.spec):
        explicit = getattr(action, "id", None)
        if explicit is None:
            owned.setdefault(owner, []).append((path, action, phase))
        elif explicit in taken:
            twice.append((path, explicit, taken[explicit]))
            symbols.action_ids[path] = explicit  # told once, and the rest of the file is still judged
        else:
            taken[explicit] = path
            _name(symbols, explicit, path, action, phase)
    for owner, actions in owned.items():
        number = 2 if owner in steps else 1
        for path, action, phase in sorted(actions, key=lambda a: not _opens_task(a[1])):
            while (name := owner if number == 1 else f"{owner}.{number}") in taken:
                number += 1
            taken[name] = path
            _name(symbols, name, path, action, phase)
            number += 1
    return twice


def _opens_task(action: Node) -> bool:
    return getattr(action, "task", None) is not None or getattr(action, "escalate", None) is not None


def _name(symbols: Symbols, name: str, path: Path, action: Node, phase: str | None) -> None:
    symbols.action_ids[path] = name
    if _opens_task(action):
        symbols.tasks[name] = TaskSymbol(name, path, phase, getattr(action, "form", None) or {})


def walk_actions(spec: PathwaySpec) -> Iterator[tuple[str, str | None, Path, Node]]:
    """Every action of a document, rules first: owner, phase, path, action (or part with an action of its own)."""
    for name, rule in spec.rules.items():
        at: Path = ("rules", name)
        yield from _listed(name, None, (*at, "do"), rule.do)
        if rule.repeat_measurement is not None:
            repeat = rule.repeat_measurement
            yield from _listed(name, None, (*at, "repeat_measurement", "normal_repeat"), repeat.normal_repeat)
        for index, line in enumerate(rule.episode or ()):
            yield from _inline(name, None, (*at, "episode", index), line)
            yield from _listed(name, None, (*at, "episode", index, "afterwards"), line.afterwards)
        if rule.unknown is not None:
            yield from _inline(name, None, (*at, "unknown"), rule.unknown)
    for phase, name, step in _steps(spec):
        at = (THROUGHOUT, name) if phase is None else ("phases", phase, "steps", name)
        yield from _of_step(name, phase, at, step)
    for phase, body in spec.phases.items():
        for key, rows in (("leave", body.leave), ("at_end", body.at_end)):
            for index, row in enumerate(rows):
                yield from _listed(phase, phase, ("phases", phase, key, index, "do"), row.do)
    yield from _around(spec)


def _around(spec: PathwaySpec) -> Iterator[tuple[str, str | None, Path, Node]]:
    """The actions that belong to no step, phase or rule."""
    for name, end in spec.ends.items():
        yield from _inline(name, None, ("ends", name), end)
    for name, quota in spec.quotas.items():
        yield name, None, ("quotas", name, "behind"), quota.behind
    for name, anchor in spec.anchors.items():
        yield from _listed(name, None, ("anchors", name, "removed"), anchor.removed)
    for name, row_ in spec.lifecycle.items():
        yield from _inline(name, None, ("lifecycle", name), row_)
    for name, decision in spec.decisions.items():
        if decision.unknown is not None:
            yield from _inline(f"{name}.unknown", None, ("decisions", name, "unknown"), decision.unknown)
    if spec.eligibility is not None:
        yield from _listed("eligibility", None, ("eligibility", "becomes_true"), spec.eligibility.becomes_true)


def _steps(spec: PathwaySpec) -> Iterator[tuple[str | None, str, AnyStep]]:
    for name, step in spec.throughout.items():
        yield None, name, step
    for phase, body in spec.phases.items():
        for name, step in body.steps.items():
            yield phase, name, step


def _of_step(name: str, phase: str | None, at: Path, step: AnyStep) -> Iterator[tuple[str, str | None, Path, Node]]:
    if isinstance(step, AskingStep):
        yield from _listed(name, phase, (*at, "missed"), step.missed)
    if isinstance(step, VisitStep):
        yield from _listed(name, phase, (*at, "no_show"), step.no_show)
    if isinstance(step, TeachStep):
        yield from _listed(name, phase, (*at, "not_passed"), step.not_passed)
    if isinstance(step, ExerciseStep):
        yield from _listed(name, phase, (*at, "stopped"), step.stopped)
    if isinstance(step, TaskStep) and step.attempts is not None:
        yield from _listed(name, phase, (*at, "attempts", "then"), step.attempts.then)
    if isinstance(step, HandoffStep):
        for word, outcome in step.outcomes.items():
            yield from _inline(name, phase, (*at, "outcomes", word), outcome)


def _listed(
    owner: str, phase: str | None, at: Path, actions: Iterable[Node] | None
) -> Iterator[tuple[str, str | None, Path, Node]]:
    for index, action in enumerate(actions or ()):
        yield owner, phase, (*at, index), action
        if isinstance(action, TaskAction) and action.attempts is not None:
            yield from _listed(owner, phase, (*at, index, "attempts", "then"), action.attempts.then)


def _inline(owner: str, phase: str | None, at: Path, part: Node) -> Iterator[tuple[str, str | None, Path, Node]]:
    """The action that a part carries itself, then those of its ``do``."""
    if any(getattr(part, key, None) is not None for key in ("say", "task", "escalate")):
        yield owner, phase, at, part
    yield from _listed(owner, phase, (*at, "do"), getattr(part, "do", None))
