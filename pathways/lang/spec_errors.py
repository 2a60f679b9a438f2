"""From a plain value to a model, and from pydantic's errors to diagnostics at the author's place.

pydantic speaks of locations that are not in the document (union tags, ``[key]``), reports one misspelt key
twice (missing and extra), and follows a missing part with noise. All of that is undone here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from pathways.lang.codes import CODES
from pathways.lang.diagnostics import Diagnostic, Param, Said, did_you_mean, in_order
from pathways.lang.source import Path, Source
from pathways.lang.spec_actions import judge_action
from pathways.lang.spec_base import Node, Trouble
from pathways.lang.spec_steps import judge_step

M = TypeVar("M", bound=Node)
MAX_ERRORS = 400
"""No more are looked at: a text with so many is no pathway, and its refusal must not take long."""

_JUDGES: dict[str, Callable[[Any], str | Trouble]] = {"action_kind()": judge_action, "step_kind()": judge_step}
_EXPECTED: dict[str, Said] = {
    "string_type": Said("a text", "文本"),
    "int_type": Said("a whole number", "整数"),
    "bool_type": Said("`yes` or `no`", "`yes` 或 `no`"),
    "dict_type": Said("keys and values", "键和值"),
    "list_type": Said("a list", "列表"),
    "model_type": Said("keys and values", "键和值"),
    "model_attributes_type": Said("keys and values", "键和值"),
    "union_tag_not_found": Said("keys and values", "键和值"),
}


def read_spec(source: Source, model: type[M]) -> tuple[M | None, list[Diagnostic]]:
    """Judge the value of ``source`` by ``model``.

    Where every fault is one whose mending is plain (a misspelt key or word, a missing translation) the mended
    model is given along with the errors, so that the next passes can find the rest in the same run.

    Returns:
        The model, or None; findings in order of position. Only without errors is the model the author's.
    """
    judged: dict[int, type[Node]] = {}
    try:
        return model.model_validate(source.value, context=judged), []
    except ValidationError as bad:
        all_errors = bad.errors(include_url=False, include_input=False)[:MAX_ERRORS]
    errors = [_Error(e, source.value, judged) for e in all_errors]
    translator = _Translator(source, model, judged)
    found = in_order(translator.translate(errors))
    if len(errors) == MAX_ERRORS:
        found.append(Diagnostic("too_many_problems", found[-1].span, {"limit": len(found)}, source.file))
    if len(translator.mends) < len(found):
        return None, found
    mended = deepcopy(source.value)
    for mend in translator.mends:
        mend(mended)
    try:
        return model.model_validate(mended), found
    except ValidationError:  # the mending uncovered more: that is for the next run
        return None, found


def _rename(path: Path, name: str) -> Callable[[Any], None]:
    def mend(value: Any) -> None:
        parent = _value_at(value, path[:-1])
        if path[-1] in parent and name not in parent:
            items = [(name if key == path[-1] else key, held) for key, held in parent.items()]
            parent.clear()
            parent.update(items)

    return mend


def _put(path: Path, word: Any) -> Callable[[Any], None]:
    def mend(value: Any) -> None:
        _value_at(value, path[:-1])[path[-1]] = word

    return mend


class _Error:
    """One error of pydantic with its place in the document."""

    def __init__(self, error: Any, value: Any, judged: dict[int, type[Node]]) -> None:
        self.type: str = error["type"]
        self.context: dict[str, Any] = error.get("ctx", {})
        self.path, self.at_key = _document_path(error["loc"], value)
        parent = _value_at(value, self.path[:-1])
        self.parent_model = judged.get(id(parent))


def _document_path(loc: tuple[str | int, ...], value: Any) -> tuple[Path, bool]:
    """The location without what is not in the document, and whether it speaks of a key."""
    path: list[str | int] = []
    at_key = False
    for step in loc:
        if isinstance(step, str) and step.startswith("\0"):
            continue
        if step == "[key]":
            at_key = True
            continue
        if isinstance(step, int) and not isinstance(value, list):
            continue  # a single thing stood where a list may
        path.append(step)
        value = _child(value, step)
    return tuple(path), at_key


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = _child(value, step)
    return value


class _Translator:
    def __init__(self, source: Source, model: type[Node], judged: dict[int, type[Node]]) -> None:
        self.source = source
        self.model = model
        self.judged = judged
        self.homes = _homes(model)
        self.mends: list[Callable[[Any], None]] = []

    def translate(self, errors: list[_Error]) -> Iterator[Diagnostic]:
        missing = {e.path for e in errors if e.type == "missing"}
        meant: set[Path] = set()  # missing keys that stand there misspelt
        for error in errors:
            if error.type == "extra_forbidden":
                yield self._extra(error, missing, meant)
        for error in errors:
            if error.type == "missing":
                if error.path not in meant:
                    yield self._missing(error)
            elif error.type != "extra_forbidden":
                yield self._other(error)

    def _say(self, code: str, path: Path, *, key: bool = False, **params: Param) -> Diagnostic:
        return Diagnostic(code, self.source.span(path, key=key), params, self.source.file)

    def _extra(self, error: _Error, missing: set[Path], meant: set[Path]) -> Diagnostic:
        owner = error.parent_model or self.model
        key = str(error.path[-1])
        present = _value_at(self.source.value, error.path[:-1])
        free = [k for k in owner.known_keys() if k not in present]
        lacking = [k for k in owner.needed() if (*error.path[:-1], k) in missing]
        if key in owner.LATER:
            return self._say("not_in_release", error.path, key=True, what=key)
        near = did_you_mean(key, lacking) or did_you_mean(key, free)
        if near:
            meant.add((*error.path[:-1], near))
            self.mends.append(_rename(error.path, near))
        known = ", ".join(f"`{k}`" for k in owner.known_keys())
        if not near and key in self.homes:
            home = self.homes[key].PLACE
            return self._say("key_elsewhere", error.path, key=True, key_=key, place=owner.PLACE, home=home, known=known)
        return self._say("unknown_key", error.path, key=True, key_=key, place=owner.PLACE, known=known, suggestion=near)

    def _missing(self, error: _Error) -> Diagnostic:
        owner = error.parent_model or self.model
        key = str(error.path[-1])
        code = owner.MISSING.get(key, "missing_key")
        if code == "missing_translation":
            self.mends.append(_put(error.path, "…"))
        return self._say(code, error.path[:-1], key_=key, language=key, place=owner.PLACE)

    def _other(self, error: _Error) -> Diagnostic:
        key = str(error.path[-1]) if error.path else "…"
        value = _value_at(self.source.value, error.path)
        if error.type == "literal_error":
            return self._literal(error, key, value)
        if error.type == "union_tag_not_found" and isinstance(value, dict):
            trouble = _JUDGES[str(error.context["discriminator"])](value)
            if isinstance(trouble, Trouble):
                what = trouble.params.get("what")
                at = error.path if what is None else (*error.path, what)
                return self._say(trouble.code, at, key=True, **trouble.params)
        if error.type in CODES:
            params = {name: str(v) for name, v in error.context.items()}
            return self._say(error.type, error.path, key=error.at_key, key_=key, **params)
        expected = _EXPECTED.get(error.type, Said("something else", "其他内容"))
        return self._say("wrong_type", error.path, key_=key, expected=expected, got=_got(value))

    def _literal(self, error: _Error, key: str, value: Any) -> Diagnostic:
        words = re.findall(r"'((?:[^'\\]|\\.)*)'", str(error.context.get("expected", "")))
        known = ", ".join(f"`{w}`" for w in words) or str(error.context.get("expected", "")).replace("True", "`true`")
        written = key if error.at_key else value if isinstance(value, str) else _got(value)
        near = did_you_mean(written, words) if isinstance(written, str) else ""
        if error.at_key:
            key = str(error.path[-2]) if len(error.path) > 1 else key
        if near and not error.at_key and isinstance(value, str):
            self.mends.append(_put(error.path, near))
        return self._say(
            "not_one_of", error.path, key=error.at_key, key_=key, value=written, known=known, suggestion=near
        )


def _got(value: Any) -> Said:
    match value:
        case bool():
            return Said(f"`{str(value).lower()}`", f"`{str(value).lower()}`")
        case None:
            return Said("nothing (`null`)", "空值（`null`）")
        case int() | Decimal():
            return Said(f"the number {value}", f"数字 {value}")
        case str():
            return Said("a text", "文本")
        case list():
            return Said("a list", "列表")
        case _:
            return Said("keys and values", "键和值")


@cache
def _homes(model: type[Node]) -> dict[str, type[Node]]:
    """Every key of the document's models, with the first model that has it."""
    homes: dict[str, type[Node]] = {}
    for owner in models_of(model):
        for key in owner.known_keys():
            homes.setdefault(key, owner)
    return homes


def models_of(model: type[Node]) -> dict[type[Node], None]:
    """A model and all models inside it, nearest first."""
    seen: dict[type[Node], None] = {}
    queue = [model]
    while queue:
        owner = queue.pop(0)
        if owner in seen:
            continue
        seen[owner] = None
        for info in owner.model_fields.values():
            queue.extend(_models_in(info.annotation))
    return seen


def _models_in(annotation: Any) -> Iterator[type[Node]]:
    if isinstance(annotation, type) and issubclass(annotation, Node):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
