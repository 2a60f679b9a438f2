"""Results of scenarios for other programs: a JUnit file, and annotations that GitHub shows beside the lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from xml.etree import ElementTree

from carepath.rehearsal.expectations import Failure
from carepath.rehearsal.floor import Short
from carepath.rehearsal.runner import Result
from carepath.rehearsal.session import Session
from pathways.lang.diagnostics import Diagnostic, Language, Span

COVERAGE = "coverage"


def short_words(one: Short, language: Language) -> str:
    """What is not reached enough, in a sentence."""
    share, floor = f"{one.share * 100:.1f} %", f"{one.at_least * 100:.1f} %"
    missing = ", ".join(one.missing)
    if language == "zh":
        return f"{one.pathway} 的 {one.kind} 覆盖了 {share}，下限为 {floor}；缺少：{missing}"
    return f"{share} of the {one.kind} of {one.pathway} are reached, the floor is {floor}; missing: {missing}"


# --------------------------------------------------------------------------- JUnit


def junit(session: Session, short: list[Short], language: Language = "en") -> str:
    """The text of a JUnit file: a suite a file, a case a scenario; a wrong file is an error, a floor a case of its own.

    There are no times in it: the same scenarios give the same bytes.
    """
    root = ElementTree.Element("testsuites", name="carepath test")
    for file, results in _by_file(session).items():
        suite = _suite(root, file)
        for result in results:
            _case(suite, result)
        for found in (d for d in session.found if d.file == file):
            case = _named(suite, found.code, file, found.span)
            text = f"{file}:{found.span.line}:{found.span.column}: {found.message(language)}\n{found.hint(language)}"
            _child(case, "error", found.message(language), found.code, text)
        _count(suite)
    if session.floors:
        suite = _suite(root, COVERAGE)
        for name, floor in sorted(session.floors.items()):
            below = [one for one in short if one.pathway == name]
            case = _named(suite, f"coverage of {name}", floor.file, Span(1, 1, 1, 1))
            for one in below:
                _child(case, "failure", short_words(one, language), COVERAGE, short_words(one, language))
        _count(suite)
    for kind in ("tests", "failures", "errors"):
        root.set(kind, str(sum(int(suite.attrib[kind]) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _by_file(session: Session) -> dict[str, list[Result]]:
    files: dict[str, list[Result]] = {result.scenario.file: [] for result in session.results}
    for result in session.results:
        files[result.scenario.file].append(result)
    for found in session.found:
        files.setdefault(found.file, [])
    return files


def _suite(root: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(root, "testsuite", name=_plain(name))


def _count(suite: ElementTree.Element) -> None:
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))


def _case(suite: ElementTree.Element, result: Result) -> None:
    failures = result.failures
    span = failures[0].span if failures else Span(1, 1, 1, 1)
    case = _named(suite, result.scenario.name, result.scenario.file, span)
    case.set("classname", _plain(", ".join(result.scenario.pathways)))
    for failure in failures:
        _child(case, "failure", failure.text, "expectation", _told(result, failure))


def _named(suite: ElementTree.Element, name: str, file: str, span: Span) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", name=_plain(name), file=_plain(file), line=str(span.line))


def _child(case: ElementTree.Element, tag: str, message: str, kind: str, text: str) -> None:
    one = ElementTree.SubElement(case, tag, message=_plain(message), type=kind)
    one.text = _plain(text)


def _told(result: Result, failure: Failure) -> str:
    place = f"{result.scenario.file}:{failure.span.line}:{failure.span.column}"
    return "\n".join([place, failure.line, failure.text, *(f"  {line}" for line in failure.near)])


def _plain(text: str) -> str:
    """Text that XML can hold."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" else c for c in text)


# --------------------------------------------------------------------------- GitHub


def github(session: Session, short: list[Short], language: Language = "en") -> Iterator[str]:
    """One command of GitHub's log a line: the place and what is wrong there."""
    for found in session.found:
        yield _annotation(found.file, found.span, found.code, _both(found, language))
    for result in session.results:
        for failure in result.failures:
            text = "\n".join([failure.line, failure.text, *failure.near])
            yield _annotation(result.scenario.file, failure.span, result.scenario.name, text)
    for one in short:
        yield _annotation(one.file, one.span, COVERAGE, short_words(one, language))


def _both(found: Diagnostic, language: Language) -> str:
    return f"{found.message(language)}\n{found.hint(language)}"


def _annotation(file: str, span: Span, title: str, text: str) -> str:
    place = f"file={_property(file)},line={span.line},endLine={span.end_line},col={span.column}"
    return f"::error {place},endColumn={span.end_column},title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
