"""What is kept of a file: what it shows or sounds, nothing of where and by whom, and no other file inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.attachments.cleaned import LARGEST, Clean, cleaned
from activities.intake.refusals import Refusal
from tests.attachments import HONEST, SCRIPT, SECRET, box, jpeg, m4a, ogg, png, riff, wav, webp


def kept(kind: str, data: bytes) -> Clean:
    found = cleaned(kind, data)
    assert isinstance(found, Clean), found
    return found


def code(kind: str, data: bytes) -> str:
    found = cleaned(kind, data)
    assert isinstance(found, Refusal), found
    return found.code


@pytest.mark.parametrize("media", sorted(HONEST))
def test_nothing_of_place_or_person_is_kept(media: str) -> None:
    kind, data = HONEST[media]
    found = kept(kind, data)
    assert found.media == media
    assert (SECRET in data) == (media != "audio/ogg")
    assert SECRET not in found.data


@pytest.mark.parametrize("media", sorted(HONEST))
def test_what_is_clean_stays_as_it_is(media: str) -> None:
    kind, data = HONEST[media]
    once = kept(kind, data).data
    assert kept(kind, once).data == once


@pytest.mark.parametrize("turned", [1, 3, 6, 8])
def test_a_picture_stays_the_right_way_up(turned: int) -> None:
    found = kept("photo", jpeg(turned=turned)).data
    assert (b"Exif" in found) == (turned != 1)
    assert found.endswith(b"\x12\xff\0\x34\xff\xd0\x56\xff\xd9")


@pytest.mark.parametrize("media", sorted(HONEST))
def test_a_file_behind_the_file_is_left_out(media: str) -> None:
    kind, data = HONEST[media]
    for behind in (SCRIPT, b"PK\x03\x04" + SCRIPT, box(b"html", SCRIPT)):
        found = cleaned(kind, data + behind)
        assert isinstance(found, Refusal) or SCRIPT not in found.data


def test_a_script_in_a_comment_is_left_out() -> None:
    data = jpeg(b"\xff\xfe" + (len(SCRIPT) + 2).to_bytes(2, "big") + SCRIPT)
    assert SCRIPT not in kept("photo", data).data


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("photo", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("photo", b"GIF89a" + SCRIPT),
        ("photo", SCRIPT),
        ("photo", b"%PDF-1.7"),
        ("photo", b"MZ" + bytes(100)),
        ("photo", wav()),
        ("voice", png()),
        ("signature", ogg()),
        ("voice", b"ID3" + bytes(100)),
    ],
)
def test_what_is_no_such_file_is_refused_by_its_bytes(kind: str, data: bytes) -> None:
    assert code(kind, data) == "attachment_type"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("photo", b"\xff\xd8\xff" + SCRIPT),
        ("photo", b"\xff\xd8\xff\xd9"),
        ("photo", b"\x89PNG\r\n\x1a\n" + SCRIPT),
        ("photo", png(width=60_000, height=60_000)),
        ("photo", jpeg(width=0)),
        ("photo", riff(b"WEBP", (b"ANIM", bytes(6)))),
        ("voice", riff(b"WAVE", (b"LIST", SCRIPT))),
        ("voice", b"OggS" + SCRIPT),
        ("voice", b"\0\0\0\x18ftypqt  " + bytes(12)),
        ("voice", m4a(handler=b"vide")),
    ],
)
def test_what_does_not_hold_together_is_refused(kind: str, data: bytes) -> None:
    assert code(kind, data) == "attachment_broken"


@pytest.mark.parametrize("media", sorted(HONEST))
def test_a_file_cut_off_anywhere_is_refused(media: str) -> None:
    kind, data = HONEST[media]
    clean = kept(kind, data).data
    for end in range(1, len(clean)):
        found = cleaned(kind, clean[:end])
        # Of an Ogg stream whole pages are a whole stream: a recording that was stopped.
        assert isinstance(found, Refusal) or media == "audio/ogg"


@given(st.sampled_from(sorted(HONEST)), st.data())
def test_a_damaged_file_is_kept_or_refused_and_nothing_else(media: str, data: st.DataObject) -> None:
    kind, good = HONEST[media]
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = good[:at] + data.draw(st.binary(max_size=8)) + good[at + 1 :]
    found = cleaned(kind, damaged)
    assert isinstance(found, Clean | Refusal)


def test_an_empty_a_huge_and_an_unknown_one_are_refused() -> None:
    assert code("photo", b"") == "attachment_empty"
    assert code("photo", jpeg() + bytes(LARGEST)) == "attachment_too_large"
    assert code("film", webp()) == "attachment_kind"
