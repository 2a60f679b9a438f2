"""The way in: text of a pathway or a site, out comes the compiled thing or what is wrong with it.

Numbered passes, each collecting all it finds. A pass with errors stops the next one where the next could only report
consequences: plain misspellings of the shape are mended for the passes after it, and after errors of meaning only
those whole-document checks speak whose own ground is sound.

1. ``source``: the text (strict YAML, bounds, invisible characters);
2. ``spec``: the shape (keys, types, texts in both languages);
3. ``compile``: phrases, names, units; gives the plan;
4. ``check``: the document as a whole (reachability, deadlines, ladders, windows, silence);
5. ``check_site``: the document against the site it is to run at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal

from pathways.lang.catalogue import catalogue
from pathways.lang.check import check_plan, check_what_stands
from pathways.lang.check_site import check_against
from pathways.lang.compile import compile_plan
from pathways.lang.compile_reader import Reader, TooMuchWrongError
from pathways.lang.compile_site import compile_site
from pathways.lang.diagnostics import Diagnostic, Span, has_errors, in_order
from pathways.lang.groups_flat import flat
from pathways.lang.library import Compiled, Document, Library
from pathways.lang.plan import Plan
from pathways.lang.resolve import Symbols
from pathways.lang.site_plan import Site
from pathways.lang.site_spec import SiteSpec
from pathways.lang.source import Source, read_source
from pathways.lang.spec import PathwaySpec
from pathways.lang.spec_errors import read_spec

MAX_FINDINGS = 200
Kind = Literal["pathway", "site", "scenario", "unknown"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a pathway's text. ``plan`` is None when there is an error among ``diagnostics``."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class LoadedSite:
    """What became of a site's text. ``site`` is None when there is an error among ``diagnostics``."""

    site: Site | None
    diagnostics: tuple[Diagnostic, ...]
    source: Source


def load_pathway(
    text: str | bytes, file: str, site: Site | None = None, library: Library | None = None
) -> Loaded:
    """Compile and check a pathway.

    Args:
        text: the document; bytes are read as UTF-8.
        file: the name that diagnostics carry.
        site: the site it is to run at; without one what needs a site becomes one warning.
        library: the pathways it may call; without one it can call none.

    Returns:
        The plan, or None with at least one error. The same text always gives the same plan, byte for byte.
    """
    source, found = read_source(text, file)
    if found:
        return Loaded(None, _limited(found), source)
    return load_source(source, site, library)


def load_source(source: Source, site: Site | None = None, library: Library | None = None) -> Loaded:
    """Compile and check a pathway whose text has been read without errors; as ``load_pathway``."""
    if "carepath" in source.value and source.value["carepath"] != 1:
        span = source.span(("carepath",), key=False)
        params = {"value": str(source.value["carepath"])}
        return Loaded(None, (Diagnostic("unknown_language_version", span, params, source.file),), source)
    spec, found = read_spec(source, PathwaySpec)
    if spec is None:
        return Loaded(None, _limited(found), source)
    spec, taken = flat(spec, source)
    beside = (library or Library()).inside(spec.id)
    reader = Reader(source, Symbols(spec, catalogue(), library=beside))
    reader.found.extend((*found, *taken))
    try:
        plan = _judge(reader, site)
    except TooMuchWrongError:
        plan = None
    return Loaded(plan, _limited(reader.found), source)


def _judge(reader: Reader, site: Site | None) -> Plan | None:
    """Passes 3 to 5; the plan where nothing is wrong."""
    plan = compile_plan(reader)
    if has_errors(reader.found):
        check_what_stands(reader, plan, site)
        return None
    check_plan(reader, plan)
    check_against(reader, plan, site)
    return None if has_errors(reader.found) else plan


def load_site(text: str | bytes, file: str) -> LoadedSite:
    """Compile and check a site; as ``load_pathway``."""
    source, found = read_source(text, file)
    if found:
        return LoadedSite(None, _limited(found), source)
    return _load_site(source)


def _load_site(source: Source) -> LoadedSite:
    spec, shape = read_spec(source, SiteSpec)
    if spec is None:
        return LoadedSite(None, _limited(shape), source)
    try:
        site, found = compile_site(source, spec)
    except TooMuchWrongError:
        span = source.place.value
        return LoadedSite(None, (Diagnostic("too_many_problems", span, {"limit": MAX_FINDINGS}, source.file),), source)
    found = [*shape, *found]
    return LoadedSite(None if has_errors(found) else site, _limited(found), source)


def kind_of(value: Any) -> Kind:
    """What a document is, by its keys."""
    if not isinstance(value, dict):
        return "unknown"
    if "carepath" in value or "phases" in value:
        return "pathway"
    if {"site", "roles"} <= value.keys() or {"zone", "roles"} <= value.keys():
        return "site"
    if "scenario" in value or "expect" in value:
        return "scenario"
    return "unknown"


def load_any(
    text: str | bytes, file: str, site: Site | None = None, library: Library | None = None
) -> Loaded | LoadedSite:
    """Compile and check a file of either kind; a file that is neither is an error."""
    source, found = read_source(text, file)
    if found:
        return Loaded(None, _limited(found), source)
    match kind_of(source.value):
        case "pathway":
            return load_source(source, site, library)
        case "site":
            return _load_site(source)
        case _:
            first = next(iter(source.place.children), None)
            span = source.span((first,), key=True) if first is not None else source.place.value
            return Loaded(None, (Diagnostic("unknown_kind_of_file", span, {}, file),), source)


def documents(path: FilePath) -> Iterator[FilePath]:
    """The YAML files of a folder that may be pathways or sites, in order of name; a file is itself.

    Scenarios and the shared catalogue have readers of their own and are passed over.
    """
    if not path.is_dir():
        yield path
        return
    for found in sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]):
        if found.is_dir():
            continue
        inner = found.relative_to(path).parts[:-1]
        if not {"scenarios", "catalogue"} & {*inner, path.name}:
            yield found


def load_folder(path: FilePath, site: Site | None = None) -> list[Loaded]:
    """Every pathway of a folder (or the one file), compiled and checked, in order of file name."""
    loaded: list[Loaded] = []
    for file in documents(path):
        one = load_any(file.read_bytes(), str(file), site, pathways_near(file))
        if isinstance(one, Loaded):
            loaded.append(one)
    return loaded


def library_of(documents: Callable[[], Iterable[Document]]) -> Library:
    """The pathways among these documents (file name, bytes), for others to call; they are read at the first call."""
    return Library(documents, _compile_called)


def _compile_called(file: str, text: bytes, library: Library) -> Compiled:
    loaded = load_pathway(text, file, None, library)
    return Compiled(loaded.plan, any(one.code == "call_circle" for one in loaded.diagnostics))


def pathways_near(file: FilePath) -> Library:
    """What a pathway in this file may call: pathways in its folder, in folders beside that, and in the library."""
    return library_of(lambda: [(str(one), one.read_bytes()) for one in _near(file)])


def _near(file: FilePath) -> list[FilePath]:
    here, shipped = file.resolve().parent, FilePath(__file__).resolve().parent.parent / "library"
    searched = ((here, "*.yaml"), (here.parent, "*/pathway.yaml"), (shipped, "*/pathway.yaml"))
    beside = [sorted(folder.glob(names)) for folder, names in searched]
    return [one for one in dict.fromkeys(file for group in beside for file in group) if one.is_file()]


def _limited(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    ordered = in_order(found)
    if len(ordered) <= MAX_FINDINGS:
        return tuple(ordered)
    last = ordered[MAX_FINDINGS]
    at = Span(last.span.line, last.span.column, last.span.line, last.span.column + 1)
    return (*ordered[:MAX_FINDINGS], Diagnostic("too_many_problems", at, {"limit": MAX_FINDINGS}, last.file))
