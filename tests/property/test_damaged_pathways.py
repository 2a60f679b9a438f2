"""Damaged pathways: the right word is named, nothing is raised, and the same text always gives the same plan."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pathways.lang.compile import canonical
from pathways.lang.diagnostics import did_you_mean
from pathways.lang.load import Loaded, load_any, load_pathway
from pathways.lang.phrases_engine import reserved_words
from pathways.lang.plan import Plan
from pathways.lang.source import Place, read_source

PROJECT = Path(__file__).resolve().parents[2]
SMALL = (PROJECT / "tests" / "golden" / "base" / "small.yaml").read_text(encoding="utf-8")
SITE = (PROJECT / "tests" / "golden" / "base" / "site.yaml").read_text(encoding="utf-8")
LIBRARY = (PROJECT / "pathways" / "library" / "hypertension_home" / "pathway.yaml").read_text(encoding="utf-8")
LETTERS = "abcdefghijklmnopqrstuvwxyz_"

# Keys of the closed part of the language whose neighbours are far enough away that a slip has one meaning.
KEYS = [
    "owner", "version", "title", "evidence", "profiles", "facts", "parameters", "eligibility", "counts_from",
    "measures", "derived", "roles", "escalations", "throughout", "phases", "rules", "messages",
    "needs_at_least", "answer_within", "deadlines", "outcomes", "if_stopped", "at_end", "window", "missed_after",
    "late_after", "opens_before", "remind", "repeat_measurement", "settled_when", "settled_by", "no_later_than",
    "leave", "afterwards", "include", "exclude", "adjustable",
]  # fmt: skip


@st.composite
def slips(draw: st.DrawFn, word: str) -> str:
    """A word with one slip of the finger: a letter lost, doubled, swapped with its neighbour, or another one."""
    kind = draw(st.sampled_from(["lost", "doubled", "swapped", "other"]))
    at = draw(st.integers(0, len(word) - 2))
    match kind:
        case "lost":
            return word[:at] + word[at + 1 :]
        case "doubled":
            return word[: at + 1] + word[at:]
        case "swapped":
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case _:
            return word[:at] + draw(st.sampled_from(LETTERS)) + word[at + 1 :]


def _key_places(place: Place) -> list[tuple[str, Place]]:
    found = []
    for name, inner in place.children.items():
        if isinstance(name, str) and inner.key is not None:
            found.append((name, inner))
        found += _key_places(inner)
    return found


_SOURCE, _ = read_source(SMALL, "small.yaml")
_PLACES = [(name, place) for name, place in _key_places(_SOURCE.place) if name in KEYS]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_slip_in_a_key_is_pointed_at_and_the_right_key_is_named(data: st.DataObject) -> None:
    name, place = data.draw(st.sampled_from(_PLACES))
    wrong = data.draw(slips(name))
    if wrong == name or not wrong or wrong in {key for key, _ in _key_places(_SOURCE.place)}:
        return
    assert place.key is not None
    lines = SMALL.split("\n")
    line = lines[place.key.line - 1]
    start = place.key.column - 1
    lines[place.key.line - 1] = line[:start] + wrong + line[start + len(name) :]
    loaded = load_pathway("\n".join(lines), "small.yaml")
    at_key = [d for d in loaded.diagnostics if (d.span.line, d.span.column) == (place.key.line, place.key.column)]
    assert loaded.plan is None
    assert [d.code for d in at_key] == ["unknown_key"]
    assert at_key[0].hint("en") == f"Did you mean `{name}`?"


@given(st.sampled_from(sorted(w for w in reserved_words() if len(w) > 4)), st.data())
def test_the_nearest_word_is_at_most_as_far_as_the_meant_one(word: str, data: st.DataObject) -> None:
    wrong = data.draw(slips(word))
    found = did_you_mean(wrong, reserved_words())
    assert found, (wrong, word)  # something is named, and if not the word itself, then one as near
    assert did_you_mean(word, reserved_words()) == word


@given(st.text(max_size=30), st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=12), max_size=20))
def test_suggestions_are_known_words(word: str, known: list[str]) -> None:
    assert did_you_mean(word, known) in {*known, ""}


_PIECES = st.sampled_from(
    ["", " ", "\n", ":", "- ", "{", "}", "[", "]", ",", '"', "&a", "*a", "~", "null", "true", "1", "x", "1.5 mmHg",
     "else: true", "and", "unknown", "go: first", "\t", "高", "#", "|", ">"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([SMALL, SITE, LIBRARY]), st.integers(0, 12_000), st.integers(0, 60), _PIECES)
def test_no_damage_raises_and_every_finding_has_a_place(text: str, at: int, lost: int, put: str) -> None:
    at %= len(text)
    damaged = text[:at] + put + text[at + lost :]
    loaded = load_any(damaged, "x.yaml")
    made = loaded.plan if isinstance(loaded, Loaded) else loaded.site
    assert (made is None) == any(d.severity == "error" for d in loaded.diagnostics)
    lines = damaged.count("\n") + 2
    places = [(d.span.line, d.span.column) for d in loaded.diagnostics]
    assert places == sorted(places)
    for d in loaded.diagnostics:
        assert 1 <= d.span.line <= lines
        assert d.message("en") and d.message("zh") and d.hint("en") and d.hint("zh")


def test_the_same_text_gives_the_same_plan_byte_for_byte() -> None:
    first, second = load_pathway(LIBRARY, "a.yaml").plan, load_pathway(LIBRARY.encode(), "b.yaml").plan
    assert first is not None and second is not None
    assert canonical(first) == canonical(second)
    assert first.sha256 == second.sha256
    assert Plan.model_validate_json(first.model_dump_json()) == first


def test_comments_and_blanks_do_not_change_the_hash_and_a_number_does() -> None:
    plain = load_pathway(LIBRARY, "a.yaml").plan
    spaced = load_pathway("# a word before\n\n" + LIBRARY.replace("\n", "\n\n", 3), "a.yaml").plan
    other = load_pathway(LIBRARY.replace("value: 80 mmHg", "value: 81 mmHg"), "a.yaml").plan
    assert plain is not None and spaced is not None and other is not None
    assert plain.sha256 == spaced.sha256
    # The number belongs to one profile only: the hash is over all of them.
    assert plain.sha256 != other.sha256
