"""Reads the phrases and references of a document: text in, parts of the plan out, findings on the side.

Whatever cannot be read becomes a finding and something harmless in its place, so that one run finds all that is
wrong; the plan with the harmless thing in it is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from pathways.lang import phrases
from pathways.lang.catalogue import Catalogue, text_of
from pathways.lang.compile_inputs import note_inputs
from pathways.lang.compile_phrases import phrase_finding, problem_finding, slipped_word
from pathways.lang.diagnostics import Diagnostic, Param, Said, Span, did_you_mean
from pathways.lang.phrases_engine import Parsed
from pathways.lang.phrases_names import Problem, Resolved
from pathways.lang.plan import Take
from pathways.lang.plan_base import Duration, Quantity, Text
from pathways.lang.plan_cond import Always, AtLeast, Cond
from pathways.lang.plan_say import say_quantity, unit_word
from pathways.lang.plan_when import AnchorMoment, Moment, OnceAt, When
from pathways.lang.resolve import READING_ATTRIBUTES, Scope, Symbols
from pathways.lang.source import Path, Source
from pathways.lang.spec import PathwaySpec
from pathways.lang.spec_base import AtLeastSpec
from pathways.lang.units import WORDS, ucum_of

T = TypeVar("T")
_WORD = re.compile(r"[a-z][a-z0-9_]*")

MAX_FOUND = 400
_A_DAY = Duration(amount=1, unit="day")
NOTHING = Quantity(value=Decimal(0), unit="1")
"""What stands for a quantity that could not be read; known by identity."""
_START = AnchorMoment(name="phase_start")

_DURATION = Said("a length of time", "时长")
_QUANTITY = Said("a number with a unit", "带单位的数")
_RANGE = Said("a range", "范围")
_COUNT = Said("a count", "次数")
_TAKE = Said("a take", "一组测量")
_WHEN = Said("a time phrase", "时间短语")
_CONDITION = Said("a condition", "条件")
_SELECTION = Said("a selection", "选择")
_REMIND = Said("a reminder", "提醒")
_ENOUGH = Said("a least number of readings", "最少读数")


class TooMuchWrongError(Exception):
    """So much is wrong that looking further would only take time; what was found is in ``found``."""


class Finder:
    """Collects findings about one source, and reads what needs no names."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.untold: list[Span] = []
        """Where something is wrong that follows from what is told elsewhere."""

    def say(self, code: str, path: Path, *, key: bool = False, span: Span | None = None, **params: Param) -> None:
        """Note a finding at the value of ``path`` (at its key with ``key``, or at ``span``)."""
        where = span if span is not None else self.source.span(path, key=key)
        self._note(Diagnostic(code, where, params, self.source.file))

    def _note(self, found: Diagnostic) -> None:
        self.found.append(found)
        if len(self.found) >= MAX_FOUND:
            raise TooMuchWrongError

    def written(self, path: Path) -> bool:
        """Whether the document itself has something at this place."""
        return self.source.find(path)[1]

    def dotted(self, path: Path) -> str:
        """A place as explanations name it: ``titrate.leave.2`` (without the word ``phases``)."""
        parts = [str(p) for p in path]
        return ".".join(parts[1:] if parts and parts[0] == "phases" else parts)

    def one_of(self, code: str, name: str, path: Path, known: Iterable[str], *, key: bool = False) -> bool:
        """Whether ``name`` is among ``known``; a finding with the nearest word if not."""
        words = list(known)
        if name in words:
            return True
        listed = ", ".join(f"`{w}`" for w in words) or "—"
        self.say(code, path, key=key, name=name, known=listed, suggestion=did_you_mean(name, words))
        return False

    def parse(
        self,
        parser: Callable[[str], Parsed[T]],
        text: str,
        path: Path,
        what: Said,
        *,
        code: str = "bad_phrase",
        offset: int = 0,
    ) -> T | None:
        """The syntax tree of a phrase, or None with a finding. ``offset``: where the phrase starts at ``path``."""
        parsed = parser(text)
        if parsed.error is None:
            return parsed.tree
        error = parsed.error
        grammatical = error.code in ("unexpected", "ended") and code != "bad_phrase"
        slip = slipped_word(text, self.names()) if grammatical else None
        start, length, near = slip or (error.offset, max(1, error.length), "")
        span = self.source.span_within(path, offset + start, offset + start + length)
        found, params = phrase_finding(error, text, what, code)
        if near:
            params |= {"at": text[start : start + length], "suggestion": near}
        self._note(Diagnostic(found, span, params, self.source.file))
        return None

    def build(self, built: Resolved[T], path: Path, scope: Scope | None, offset: int = 0) -> T | None:
        """What a syntax tree means, or None with findings."""
        if built.problems and self.excused(path):
            self.untold.append(self.source.span(path))
            return built.value
        for problem in built.problems:
            if self.told_at_its_root(problem):
                continue
            start = offset + problem.offset
            span = self.source.span_within(path, start, start + max(1, problem.length))
            code, params = problem_finding(problem, scope)
            self._note(Diagnostic(code, span, params, self.source.file))
        return built.value

    def duration(self, text: str, path: Path, *, offset: int = 0) -> Duration:
        """A length of time; the name of a parameter may stand for it where there are parameters."""
        tree = self.parse(phrases.parse_duration, text, path, _DURATION, offset=offset)
        if tree is None:
            return _A_DAY
        scope = self.scope()
        return self.build(phrases.to_duration(tree, scope or _NoNames()), path, scope, offset) or _A_DAY

    def scope(self) -> Scope | None:
        """The names that may stand in a duration."""
        return None

    def names(self) -> frozenset[str]:
        """Every name of the document, which no misspelt word of a phrase is."""
        return frozenset()

    def excused(self, path: Path) -> bool:
        """Whether what is wrong here follows from something already told."""
        return False

    def told_at_its_root(self, problem: Problem) -> bool:
        """Whether what a phrase stumbles over is wrong in another place, and has been told there."""
        return False


class _NoNames:
    """Resolves nothing: a site has no names."""

    def lookup(self, name: str) -> None:
        """Nothing is called ``name``."""

    def codes(self, fact: str, word: str) -> None:
        """There are no lists."""

    def is_phase(self, name: str) -> bool:
        """There are no phases."""
        return False


class Reader(Finder):
    """Reads the document of a pathway, whose names are in ``symbols``."""

    def __init__(self, source: Source, symbols: Symbols) -> None:
        super().__init__(source)
        self.symbols = symbols

    @property
    def spec(self) -> PathwaySpec:
        """The document."""
        return self.symbols.spec

    @property
    def catalogue(self) -> Catalogue:
        """The shared catalogue."""
        return self.symbols.catalogue

    def scope(self) -> Scope:
        """The names of the head of the document."""
        return Scope(self.symbols)

    def names(self) -> frozenset[str]:
        """Every name that phrases of this document may use."""
        return self.symbols.names()

    def excused(self, path: Path) -> bool:
        """Whether the phrase here uses a name whose own definition is wrong."""
        text = self.source.value
        for part in path:
            text = text.get(part) if isinstance(text, dict) else text[int(part)] if isinstance(text, list) else text
        words = set(_WORD.findall(text)) if isinstance(text, str) else set()
        return bool(words & self.symbols.broken)

    def told_at_its_root(self, problem: Problem) -> bool:
        """A parameter without a unit is wrong where its value stands, once, and not wherever it is used."""
        name = problem.params.get("param")
        if problem.kind != "bare_number" or name is None or not self.written(("parameters", name, "value")):
            return False
        if name not in self.symbols.broken:
            self.symbols.broken.add(name)
            number = self.spec.parameters[name].value
            self.say("bare_number", ("parameters", name, "value"), number=str(number), unit=problem.params["unit"])
        return True

    # ------------------------------------------------------------------ conditions and time

    def condition(self, value: str | AtLeastSpec, path: Path, scope: Scope) -> Cond:
        """A condition: a phrase, or a count of conditions."""
        if isinstance(value, AtLeastSpec):
            parts = tuple(self.condition(part, (*path, "of", i), scope) for i, part in enumerate(value.of))
            if value.at_least > len(parts):
                self.say("out_of_range", (*path, "at_least"), key_="at_least", low=1, high=len(parts))
            within = self.duration(value.within, (*path, "within")) if value.within is not None else None
            return AtLeast(n=value.at_least, of=parts, within=within)
        tree = self.parse(phrases.parse_condition, value, path, _CONDITION, code="bad_condition")
        if tree is None:
            return Always()
        return self.build(phrases.to_cond(tree, scope, value), path, scope) or Always()

    def when(self, text: str, path: Path, scope: Scope) -> When:
        """A whole ``when``."""
        tree = self.parse(phrases.parse_when, text, path, _WHEN, code="bad_time_phrase")
        made = self.build(phrases.to_when(tree, scope), path, scope) if tree is not None else None
        return made or When(text=text, base=OnceAt(moment=_START))

    def moment(self, text: str, path: Path, scope: Scope, *, offset: int = 0) -> Moment:
        """One point in time. ``offset``: where the phrase starts at ``path``."""
        tree = self.parse(phrases.parse_moment, text, path, _WHEN, code="bad_time_phrase", offset=offset)
        made = self.build(phrases.to_moment(tree, scope), path, scope, offset) if tree is not None else None
        return made or _START

    def until(self, text: str, path: Path, scope: Scope) -> tuple[Moment, bool]:
        """The ``until`` of a phase, and whether days of pause count out."""
        tree = self.parse(phrases.parse_until, text, path, _WHEN, code="bad_time_phrase")
        if tree is None:
            return _START, False
        moment = self.build(phrases.to_moment(tree.moment, scope, until=True), path, scope)
        return moment or _START, tree.active_days

    # ------------------------------------------------------------------ numbers

    def duration_range(self, text: str, path: Path) -> tuple[Duration, Duration]:
        """``5 to 30 min``."""
        tree = self.parse(phrases.parse_duration_range, text, path, _RANGE)
        if tree is None:
            return _A_DAY, _A_DAY
        scope = self.scope()
        low = self.build(phrases.to_duration(tree.low, scope), path, scope)
        high = self.build(phrases.to_duration(tree.high, scope), path, scope)
        return low or _A_DAY, high or _A_DAY

    def quantity(self, text: str, path: Path) -> Quantity:
        """``135 mmHg``."""
        tree = self.parse(phrases.parse_quantity, text, path, _QUANTITY)
        return Quantity(value=tree.value, unit=tree.unit) if tree is not None else NOTHING

    def quantity_range(self, text: str, path: Path) -> tuple[Quantity, Quantity]:
        """``110 to 150 mmHg``."""
        tree = self.parse(phrases.parse_quantity_range, text, path, _RANGE)
        if tree is None:
            return NOTHING, NOTHING
        low = Quantity(value=tree.low.value, unit=tree.low.unit)
        return low, Quantity(value=tree.high.value, unit=tree.high.unit)

    def unit(self, word: str, path: Path) -> str:
        """The UCUM code of a written unit."""
        code = ucum_of(word)
        if code is None:
            self.say("unknown_unit", path, unit=word, suggestion=did_you_mean(word, WORDS))
        return code or "1"

    def shown(self, unit: str) -> Param:
        """A unit as people write it."""
        return Said("a plain number", "无单位的数") if unit == "1" else unit_word(unit)

    def quantity_text(self, quantity: Quantity) -> str:
        """``135 mmHg``."""
        return say_quantity(quantity.value, quantity.unit)

    def count(self, text: str, path: Path) -> int:
        """``3 times``."""
        return self.parse(phrases.parse_count, text, path, _COUNT) or 1

    def up_to(self, text: str, path: Path) -> tuple[int, str | None]:
        """``1 time since maintain``."""
        tree = self.parse(phrases.parse_up_to, text, path, _COUNT)
        if tree is None:
            return 1, None
        if tree.since is not None:
            span = self.source.span_within(path, tree.since.span.start, tree.since.span.end)
            self.phase(tree.since.text, path, span=span)
        return tree.times, tree.since.text if tree.since is not None else None

    def take(self, text: str, path: Path) -> Take:
        """``2 readings 1 min apart``."""
        tree = self.parse(phrases.parse_take, text, path, _TAKE)
        if tree is None:
            return Take()
        apart = tree.apart
        scope = self.scope()
        made = self.build(phrases.to_duration(apart, scope), path, scope) if apart is not None else None
        return Take(readings=tree.readings, apart=made)

    def enough(self, text: str, path: Path) -> tuple[int, int]:
        """``12 readings on 3 days``: readings, days."""
        tree = self.parse(phrases.parse_enough, text, path, _ENOUGH)
        return (tree.readings, tree.days) if tree is not None else (1, 1)

    def remind(self, text: str, path: Path) -> Duration:
        """``at due``, ``2 h later``: so long after due."""
        tree = self.parse(phrases.parse_remind, text, path, _REMIND)
        if tree is None:
            return _A_DAY
        scope = self.scope()
        return self.build(phrases.to_duration(tree, scope), path, scope) or _A_DAY

    def word(self, text: str, path: Path, kind: str) -> str | None:
        """One of the closed phrases of ``judge``, ``since`` and ``leave_out``, in snake_case."""
        parser = {
            "judge": phrases.parse_judge,
            "since": phrases.parse_since,
            "leave_out": phrases.parse_leave_out,
        }[kind]
        tree = self.parse(parser, text, path, Said(f"`{kind}`", f"`{kind}`"))
        return tree.word if tree is not None else None

    # ------------------------------------------------------------------ selections

    def selection(self, text: str, path: Path) -> tuple[str, tuple[str, ...]]:
        """``medicines where class is antihypertensive``: the fact and the classes (none: all)."""
        tree = self.parse(phrases.parse_selection, text, path, _SELECTION)
        if tree is None:
            return "medicines", ()
        name = tree.name
        span = self.source.span_within(path, name.span.start, name.span.end)
        facts = [f for f, spec in self.spec.facts.items() if spec.type == "medicines"]
        if name.text not in facts:
            near = did_you_mean(name.text, facts)
            known = ", ".join(f"`{f}`" for f in facts) or "—"
            self.say("unknown_fact", path, span=span, name=name.text, known=known, suggestion=near)
        else:
            self.symbols.mark("fact", name.text)
        attributes = {"class": tuple(self.catalogue.medicines)}
        words = self.build(phrases.to_selection(tree, attributes), path, Scope(self.symbols, attributes=attributes))
        return name.text, (words or {}).get("class", ())

    def where_words(self, text: str, path: Path) -> dict[str, tuple[str, ...]]:
        """``setting is home``: attribute -> the words it may be."""
        tree = self.parse(phrases.parse_condition, text, path, _CONDITION, code="bad_condition")
        if tree is None:
            return {}
        scope = Scope(self.symbols, attributes=READING_ATTRIBUTES)
        return self.build(phrases.to_selection(tree, READING_ATTRIBUTES), path, scope) or {}

    def counted(self, text: str, path: Path, scope: Scope) -> tuple[tuple[str, ...], bool]:
        """``routine or recheck done face to face``."""
        tree = self.parse(phrases.parse_counted, text, path, _SELECTION)
        if tree is None:
            return (), False
        for name in tree.steps:
            span = self.source.span_within(path, name.span.start, name.span.end)
            self.step(name.text, path, scope, span=span)
        return tuple(name.text for name in tree.steps), tree.face_to_face

    # ------------------------------------------------------------------ references

    def _known(self, kind: str, name: str, path: Path, known: Iterable[str], span: Span | None = None) -> bool:
        words = list(known)
        self.symbols.mark(kind, name)
        if name in words:
            return True
        listed = ", ".join(f"`{w}`" for w in words) or "—"
        self.say(f"unknown_{kind}", path, span=span, name=name, known=listed, suggestion=did_you_mean(name, words))
        return False

    def role(self, name: str, path: Path) -> bool:
        """A role of this pathway."""
        return self._known("role", name, path, self.spec.roles or ())

    def message(self, name: str, path: Path) -> bool:
        """A message of this pathway."""
        return self._known("message", name, path, self.spec.messages)

    def form(self, name: str, path: Path, others: Iterable[str] = ()) -> bool:
        """A form of this pathway (or one of the ``others`` that may stand there)."""
        return self._known("form", name, path, (*self.spec.forms, *others))

    def measure(self, name: str, path: Path) -> bool:
        """A measure of this pathway."""
        return self._known("measure", name, path, self.spec.measures)

    def ladder(self, name: str, path: Path) -> bool:
        """A ladder of this pathway."""
        return self._known("ladder", name, path, self.spec.escalations)

    def evidence(self, name: str, path: Path) -> bool:
        """A source under ``evidence``."""
        return self._known("evidence", name, path, self.spec.evidence)

    def fact(self, name: str, path: Path) -> bool:
        """A fact of this pathway."""
        return self._known("fact", name, path, self.spec.facts)

    def profile(self, name: str, path: Path, *, key: bool = False) -> bool:
        """A profile of this pathway."""
        self.symbols.mark("profile", name)
        return self.one_of("unknown_profile", name, path, self.spec.profiles, key=key)

    def phase(self, name: str, path: Path, span: Span | None = None) -> bool:
        """A phase of this pathway; an end in its place has a word of its own."""
        if name not in self.spec.phases and name in self.spec.ends:
            self.say("end_for_phase", path, span=span, name=name)
            self.symbols.mark("end", name)
            return False
        return self._known("phase", name, path, self.spec.phases, span)

    def end(self, name: str, path: Path) -> bool:
        """An end of this pathway; a phase in its place has a word of its own."""
        if name not in self.spec.ends and name in self.spec.phases:
            self.say("phase_for_end", path, name=name)
            self.symbols.mark("phase", name)
            return False
        return self._known("end", name, path, self.spec.ends)

    def step(self, name: str, path: Path, scope: Scope, span: Span | None = None) -> str:
        """A step as named at this place; its id as the plan has it."""
        named = scope.lookup(name)
        if named is not None and named.kind == "step":
            return name
        code = "unknown_step" if named is None else "not_a_step"
        steps = scope.steps()
        listed = ", ".join(f"`{s}`" for s in steps[:20])
        self.say(code, path, span=span, name=name, known=listed, suggestion=did_you_mean(name, steps))
        return name

    def handoff_word(self, kind: str, word: str, path: Path, known: Iterable[str], *, key: bool = True) -> bool:
        """A word that a kind of handoff has."""
        words = sorted(known)
        if word in words:
            return True
        listed = ", ".join(f"`{w}`" for w in words)
        near = did_you_mean(word, words)
        self.say("unknown_handoff_word", path, key=key, kind=kind, word=word, known=listed, suggestion=near)
        return False

    def anchor(self, name: str, path: Path) -> str:
        """A moment that days are counted from: enrolment, or a fact of type date or moment."""
        anchors = ["enrolment", *(f for f, spec in self.spec.facts.items() if spec.type in ("date", "moment"))]
        self.symbols.mark("fact", name)
        self.one_of("unknown_anchor", name, path, anchors)
        return name

    def education(self, name: str, path: Path) -> Text:
        """The title of an education item."""
        if self.one_of("unknown_education", name, path, self.catalogue.education):
            return text_of(self.catalogue.education[name].title)
        return Text(en=name, zh=name)

    def measure_title(self, name: str) -> Text:
        """What the catalogue calls a measure of this pathway."""
        spec = self.spec.measures.get(name)
        entry = self.catalogue.measures.get(spec.use) if spec is not None else None
        return text_of(entry.title) if entry is not None else Text(en=name, zh=name)

    def inputs(self, *parts: Any) -> tuple[str, ...]:
        """What these conditions look at, as ``m:bp``, ``d:week_mean``, ``f:age``, ``p:goal``, ``s:review``."""
        found: set[str] = set()
        for part in parts:
            note_inputs(part, found)
        for token in list(found):
            if token.startswith("d:") and token[2:] in self.spec.derived:
                of = self.spec.derived[token[2:]].of
                found.add(f"m:{of}" if of in self.spec.measures else f"s:{of.rpartition('.')[2]}")
        return tuple(sorted(found))
