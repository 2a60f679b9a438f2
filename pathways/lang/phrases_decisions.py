"""Decisions in conditions: ``result is uncontrolled``, ``previous result``, and streaks of verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from pathways.lang.phrases_names import Named, NameResolver, ProblemKind
from pathways.lang.phrases_streak import Root, subjects
from pathways.lang.phrases_tree import Name, Span, SynChain, SynCond, SynHas, SynIs, SynNot, SynStreak
from pathways.lang.plan_cond import Cond, DecisionIs, InSeries

LONGEST_SERIES = 50
"""So many completed forms a streak may look back over."""
SinceKind = Literal["", "step", "phase", "anchor"]


class Wrong(Protocol):
    """Notes a problem and gives a place holder."""

    def __call__(self, kind: ProblemKind, span: Span, candidates: tuple[str, ...] = (), **params: str) -> Cond:
        """``kind`` at ``span``; ``params`` fill its texts."""
        ...


def decision_is(tree: SynIs, named: Named, said: str, wrong: Wrong) -> Cond:
    """``result is a``, ``result is not a``, ``result in a and b``, ``result is known``."""
    single = tree.words[0].text if len(tree.words) == 1 else ""
    if tree.face_to_face:
        return wrong("not_a_step", tree.of.span, name=tree.of.text)
    if single in {"known", "unknown"} and single not in named.words:
        return _made(tree, named, (), said, wrong, known=(single == "known") != tree.negated)
    if named.type == "many_of":
        return wrong("type_mismatch", tree.of.span, name=tree.of.text, found="many_of", wanted="has")
    words = tuple(word.text for word in tree.words)
    for word in tree.words:
        if word.text not in named.words:
            return _unknown_word(tree.of, word, named, wrong)
    if tree.negated:
        words = tuple(word for word in named.words if word not in words)
    return _made(tree, named, words, said, wrong)


def decision_has(tree: SynHas, named: Named, said: str, wrong: Wrong) -> Cond:
    """``checks has low_potassium``: one of the words that a decision with ``hits: all`` came to."""
    if named.type != "many_of":
        return wrong("type_mismatch", tree.of.span, name=tree.of.text, found="one_of", wanted="word")
    if tree.word.text not in named.words:
        return _unknown_word(tree.of, tree.word, named, wrong)
    return _made(tree, named, (tree.word.text,), said, wrong)


def _unknown_word(of: Name, word: Name, named: Named, wrong: Wrong) -> Cond:
    expected = " ".join(named.words)
    return wrong("unknown_word", word.span, named.words, name=of.text, word=word.text, expected=expected)


def _made(
    tree: SynIs | SynHas, named: Named, words: tuple[str, ...], said: str, wrong: Wrong, *, known: bool | None = None
) -> Cond:
    if not named.form and (tree.any_phase or tree.previous):
        return wrong("no_series", tree.of.span, name=tree.of.text)
    return DecisionIs(
        decision=named.id,
        words=words,
        known=known,
        form=named.form,
        any_phase=tree.any_phase,
        previous=tree.previous,
        sure=named.sure,
        text=said,
    )


# --------------------------------------------------------------------------- streaks


def series(tree: SynStreak, inner: Cond, names: NameResolver, said: str, wrong: Wrong) -> Cond | None:
    """A streak of verdicts; None where the condition does not speak of decisions."""
    roots = subjects(tree.of, names)
    if not any(kind == "decision" for kind, _ in roots):
        return None
    named = [found for name in _names(tree.of) if (found := names.lookup(name.text)) is not None]
    forms = {found.form for found in named if found.kind == "decision"}
    if not _only_decisions(roots):
        return wrong("not_in_release", tree.span, text=said)
    if len(forms) != 1 or "" in forms:
        return wrong("no_series", tree.span, name=said)
    m = tree.m or tree.n
    if m > LONGEST_SERIES:
        return wrong("series_too_long", tree.span, number=str(m), most=str(LONGEST_SERIES))
    since: tuple[str, SinceKind] = ("", "")
    if tree.since is not None:
        found_since = _since(tree.since, names)
        if found_since is None:
            return wrong("not_a_moment", tree.since.span, name=tree.since.text)
        since = found_since
    everywhere = any(found.everywhere for found in named) or any(part.any_phase for part in _tests(tree.of))
    return InSeries(
        of=inner,
        form=next(iter(forms)),
        n=tree.n,
        m=m,
        any_phase=everywhere,
        since=since[0],
        since_kind=since[1],
        text=said,
    )


def _only_decisions(roots: frozenset[Root]) -> bool:
    return all(kind == "decision" for kind, _ in roots)


def _since(name: Name, names: NameResolver) -> tuple[str, SinceKind] | None:
    """What a series counts from: the last entry of a phase, the last ending of a step, an anchor."""
    if names.is_phase(name.text):
        return name.text, "phase"
    found = names.lookup(name.text)
    if found is not None and found.kind == "step":
        return found.id, "step"
    return (found.id, "anchor") if found is not None and found.kind == "anchor" else None


def _tests(tree: SynCond) -> Iterator[SynIs | SynHas]:
    if isinstance(tree, SynChain):
        for part in tree.parts:
            yield from _tests(part)
    elif isinstance(tree, SynNot | SynStreak):
        yield from _tests(tree.of)
    elif isinstance(tree, SynIs | SynHas):
        yield tree


def _names(tree: SynCond) -> Iterator[Name]:
    return (test.of for test in _tests(tree))
