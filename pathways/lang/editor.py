"""What an editor asks about the text of a pathway: what may stand here, what this means, where it is defined, what a
new name would change. Pure: text and a position in, answers out; positions count from 1, columns in code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pathways.lang.catalogue import CatalogueEducation, catalogue, text_of
from pathways.lang.diagnostics import Diagnostic, Language, Span
from pathways.lang.editor_names import KEYS, Found, at, definitions, found_in, kinds_of, uses
from pathways.lang.library import Library
from pathways.lang.load import kind_of, load_any, load_pathway
from pathways.lang.plan import Plan
from pathways.lang.plan_handoff_words import HANDOFF_WORDS
from pathways.lang.plan_say import UNIT_WORDS
from pathways.lang.render_diff import differences
from pathways.lang.render_diff_parts import number_lines
from pathways.lang.render_review import counted_words, derived_words
from pathways.lang.render_words import Names
from pathways.lang.resolve import RESERVED
from pathways.lang.schema import schema_of
from pathways.lang.schema_hints import HINTS, Hint
from pathways.lang.source import Source, read_source

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KEY: Final = re.compile(r"^(\s*)((?:- )*)(?:([A-Za-z_][\w]*):)?")
_CONDITIONS: Final = frozenset({"if", "only_if", "include", "drop_when", "satisfied_by", "applies_if", "settled_when"})
_QUANTITY: Final = re.compile(r"[-+]?\d+(\.\d+)?\s+\S*$")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be written here. ``kind``: key, name, unit, phrase or word."""

    text: str
    kind: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something cannot be renamed, in both languages."""

    en: str
    zh: str


def diagnose(text: str, file: str, library: Library | None = None) -> tuple[Diagnostic, ...]:
    """Everything `carepath check` finds in a text. ``library``: the pathways it may call."""
    return load_any(text, file, library=library).diagnostics


# --------------------------------------------------------------------------- completion


def complete(text: str, line: int, column: int, language: Language = "en") -> list[Offer]:
    """What may be written at a position, the likeliest first; nothing where that is not known."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return []
    before = lines[line - 1][: column - 1]
    path, key = _context(lines, line, before)
    source = _readable(lines, line)
    if key is None:
        return _keys(path)
    written = before.rsplit(f"{key}:", 1)[-1].lstrip(" [")
    return _values(source, path, key, written, language)


def _context(lines: list[str], line: int, before: str) -> tuple[list[str], str | None]:
    """The keys that a position stands under, and the key whose value it is in (None: a key comes here)."""
    flow = _open_flow(before)
    if flow is not None:
        outer, inside = flow
        path, _ = _context(lines, line, outer) if outer.strip() else (_parents(lines, line, _indent(before)), None)
        key = re.search(r"([A-Za-z_]\w*):\s*$", outer)
        if key is not None:
            path = [*_parents(lines, line, _indent(before)), key[1]] if ":" in outer else path
        last = inside.rsplit(",", 1)[-1]
        inner = re.match(r"\s*([A-Za-z_]\w*):\s", f"{last} ")
        return path, inner[1] if inner else None
    match = _KEY.match(before)
    indent = len(match[1]) + len(match[2]) if match else 0
    path = _parents(lines, line, indent)
    return path, match[3] if match and match[3] and match.end() < len(before) + 1 else None


def _open_flow(before: str) -> tuple[str, str] | None:
    """The text before and after the last `{` that is not closed."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        if before[place] == "}":
            depth += 1
        elif before[place] == "{":
            if depth == 0:
                return before[:place], before[place + 1 :]
            depth -= 1
    return None


def _indent(line: str) -> int:
    stripped = line.lstrip(" ")
    dash = len(stripped) - len(stripped.lstrip("- "))
    return len(line) - len(stripped) + dash


def _parents(lines: list[str], line: int, indent: int) -> list[str]:
    """The keys above a line that it stands under, outermost first."""
    path: list[str] = []
    for number in range(line - 2, -1, -1):
        text = lines[number]
        match = re.match(r"^(\s*)((?:- )*)([A-Za-z_]\w*):", text)
        if match is None or text.lstrip().startswith("#"):
            continue
        own = len(match[1]) + len(match[2])
        if own < indent:
            path.insert(0, match[3])
            indent = len(match[1])
            if own == 0:
                break
    return path


@cache
def _schema() -> dict[str, Any]:
    return schema_of("pathway")


def _keys(path: list[str]) -> list[Offer]:
    """The keys that may stand under a path."""
    nodes = [_schema()]
    for part in path:
        nodes = [inner for node in nodes for inner in _under(node, part)]
    found: dict[str, Offer] = {}
    for node in nodes:
        for one in _options(node):
            for name, hint in one.get("properties", {}).items():
                found.setdefault(name, Offer(name, "key", str(hint.get("description", ""))))
    return list(found.values())


def _options(node: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """A part of the schema with its references followed and its alternatives side by side."""
    if "$ref" in node:
        yield from _options(_schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]])
        return
    if "properties" in node or "additionalProperties" in node:
        yield node
    for word in ("anyOf", "allOf", "oneOf"):
        for inner in node.get(word, ()):
            yield from _options(inner)
    if isinstance(node.get("items"), dict):
        yield from _options(node["items"])


def _under(node: dict[str, Any], key: str) -> Iterable[dict[str, Any]]:
    for one in _options(node):
        if key in one.get("properties", {}):
            yield one["properties"][key]
        elif isinstance(one.get("additionalProperties"), dict):
            yield one["additionalProperties"]


def _readable(lines: list[str], line: int) -> Source | None:
    """The document without what is being typed where that keeps it from being read."""
    for one in (lines, [*lines[: line - 1], "", *lines[line:]]):
        source, found = read_source("\n".join(one), "")
        if not found and isinstance(source.value, dict):
            return source
    return None


def _values(source: Source | None, path: list[str], key: str, written: str, language: Language) -> list[Offer]:
    names = found_in(source) if source is not None else []
    if key == "unit" or (_QUANTITY.match(written) and key not in {"when", "until"}):
        return [Offer(word, "unit", code) for code, word in sorted(UNIT_WORDS.items()) if word]
    if key == "teach":
        return [Offer(name, "name", text_of(one.title).in_language(language)) for name, one in _education().items()]
    if key == "use":
        return [Offer(name, "name", text_of(m.title).in_language(language)) for name, m in catalogue().measures.items()]
    if key == "handoff":
        return [Offer(name, "name") for name in HANDOFF_WORDS]
    kind = KEYS.get(key)
    offers = [Offer(one.name, "name", kind or "") for one in names if one.defines and one.kind == kind] if kind else []
    if key in _CONDITIONS:
        wanted = {"fact", "parameter", "measure", "derived", "step", "list", "task"}
        offers = [Offer(one.name, "name", one.kind) for one in names if one.defines and one.kind in wanted]
    elif key in {"when", "until"}:
        offers = [Offer(one.name, "name", one.kind) for one in names if one.defines and one.kind == "step"]
    hint = HINTS.get(key, Hint(""))
    offers = [*(Offer(example, "phrase", hint.text) for example in hint.examples), *offers]
    offers += [Offer(word, "word") for word in _words(path, key)]
    return list({offer.text: offer for offer in offers}.values())


def _education() -> dict[str, CatalogueEducation]:
    return catalogue().education


def _words(path: list[str], key: str) -> list[str]:
    """The closed list of words that a key may take."""
    nodes = [_schema()]
    for part in [*path, key]:
        nodes = [inner for node in nodes for inner in _under(node, part)]
    flat = [inner for node in nodes for inner in (node, *node.get("anyOf", ()), *node.get("allOf", ()))]
    return [str(word) for node in flat for word in node.get("enum", ()) if isinstance(word, str)]


# --------------------------------------------------------------------------- hover


def hover(text: str, line: int, column: int, language: Language = "en", library: Library | None = None) -> str:
    """What the thing at a position means, in words; "" where there is nothing to say. A pathway that compiles is needed
    for phrases; names are told as long as the text can be read."""
    source, found = read_source(text, "")
    if found or kind_of(source.value) != "pathway":
        return ""
    names = found_in(source)
    one = at(names, line, column)
    plan = load_pathway(text, "", library=library).plan
    if plan is None:
        return ""
    said = "" if one is None else _about(plan, names, one, language)
    phrase = _phrase_at(source, plan, line, column, language)
    return "\n\n".join(part for part in (said, phrase) if part)


def _about(plan: Plan, found: list[Found], one: Found, language: Language) -> str:
    """A name: the value and citation of a number, the text of a message, what is computed, a title."""
    names = Names(plan, language)
    kinds = kinds_of(found, one)
    name = one.name
    if "parameter" in kinds and name in plan.parameters:
        return "\n".join([f"**{name}**", *(f"- {line}" for line in number_lines(names, plan.parameters[name]))])
    if "derived" in kinds and name in plan.counted:
        return counted_words(names, plan.counted[name])
    if "derived" in kinds and name in plan.derived:
        return derived_words(names, plan.derived[name])
    if "message" in kinds and name in plan.messages:
        return f"“{names.message(name)}”"
    if "phase" in kinds and name in plan.phases:
        return names.phase(name)
    if "measure" in kinds and name in plan.measures:
        return names.text(plan.measures[name].title)
    if "evidence" in kinds and name in plan.evidence:
        evidence = plan.evidence[name]
        state = names.say("checked", "已核对") if evidence.checked else names.say("not checked yet", "尚未核对")
        return f"{evidence.cite} ({state})"
    if kinds & {"step", "task"}:
        return names.step(name)
    return ""


def _phrase_at(source: Source, plan: Plan, line: int, column: int, language: Language) -> str:
    """The phrase of a `when` or a condition of a row, spelled out."""
    names = Names(plan, language)
    for step in names.steps:
        head, _, name = step.path.partition(".")
        path: tuple[str | int, ...] = ("throughout", name) if head == "throughout" else ("phases", head, "steps", name)
        if _inside(source, (*path, "when"), line, column):
            return names.when(step.when)
        if step.only_if is not None and _inside(source, (*path, "only_if"), line, column):
            return names.cond(step.only_if)
    for rule in plan.rules:
        if _inside(source, ("rules", rule.id, "if"), line, column):
            return names.cond(rule.cond)
    for phase in plan.phases.values():
        for key, rows in (("leave", phase.leave), ("at_end", phase.at_end)):
            for number, row in enumerate(rows):
                if _inside(source, ("phases", phase.id, key, number, "if"), line, column):
                    return names.row(row)
        if phase.until is not None and _inside(source, ("phases", phase.id, "until"), line, column):
            return names.moment(phase.until)
    return ""


def _inside(source: Source, path: tuple[str | int, ...], line: int, column: int) -> bool:
    place, exact = source.find(path)
    span = place.value
    return exact and (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


# --------------------------------------------------------------------------- definition, rename


def define(text: str, line: int, column: int) -> list[Span]:
    """Where the name at a position is defined."""
    source, found = read_source(text, "")
    if found:
        return []
    names = found_in(source)
    one = at(names, line, column)
    return [] if one is None else [other.span for other in definitions(names, one)]


def rename(text: str, line: int, column: int, new: str, library: Library | None = None) -> list[Span] | Refused:
    """The stretches that a new name takes the place of. Refused where the name is none, taken, or where the pathway
    would mean something else afterwards."""
    source, found = read_source(text, "")
    before = None if found else load_pathway(text, "", library=library).plan
    if before is None:
        return Refused("Mend what is wrong with the pathway first.", "请先修正路径中的错误。")
    names = found_in(source)
    one = at(names, line, column)
    if one is None or not definitions(names, one):
        return Refused("There is no name here.", "此处没有可改的名称。")
    if not _ID.fullmatch(new) or new in RESERVED:
        return Refused(f"`{new}` cannot be a name.", f"`{new}` 不能用作名称。")
    if any(other.name == new and other.defines for other in names):
        return Refused(f"`{new}` is a name already.", f"`{new}` 已被使用。")
    spans = [other.span for other in uses(names, one)]
    after = load_pathway(replaced(text, spans, new), "", library=library).plan
    if after is None or differences(before, after):
        return Refused("The pathway would not mean the same afterwards.", "改名后路径含义会改变。")
    return spans


def replaced(text: str, spans: Iterable[Span], new: str) -> str:
    """The text with something else at stretches of one line each."""
    lines = text.split("\n")
    for span in sorted(spans, reverse=True):
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + new + line[span.end_column - 1 :]
    return "\n".join(lines)
