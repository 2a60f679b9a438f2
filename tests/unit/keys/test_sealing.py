"""Formats of sealed bytes: each opens for ever, with its own dictionary, and broken ones never open."""

from __future__ import annotations

import hashlib
import os
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from activities.keys.sealing import FORMAT, BrokenSealError, owner_keys
from activities.keys.words_2 import WORDS

KEY = bytes(range(32))
KEYS = owner_keys("someone", {1: KEY})


def sealed_as(format_: int, body: bytes) -> bytes:
    """Sealed by hand, so that the format on disk is pinned and not only read back by its writer."""
    head = bytes([format_]) + (1).to_bytes(4, "big")
    nonce = os.urandom(12)
    return head + nonce + AESGCM(KEY).encrypt(nonce, body, head + b"purpose|someone")


def deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=WORDS)
    return deflate.compress(data) + deflate.flush()


def test_a_released_dictionary_is_never_made_again() -> None:
    assert hashlib.sha256(WORDS).hexdigest() == "a9e014c88bfa80598388ee8565d601f6cd949c36282ba4db175665b9d565e7e5"


def test_what_was_sealed_before_the_dictionary_still_opens() -> None:
    assert KEYS.open("purpose", sealed_as(1, zlib.compress(b"of old"))) == b"of old"


def test_the_present_format_is_as_written_down() -> None:
    assert KEYS.open("purpose", sealed_as(2, deflated(b"of today"))) == b"of today"
    assert KEYS.seal("purpose", b"x")[0] == FORMAT == 2


@pytest.mark.parametrize("body", [b"", b"no stream", deflated(b"whole")[:-1], deflated(b"whole") + b"more"])
def test_anything_but_one_whole_stream_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenSealError):
        KEYS.open("purpose", sealed_as(2, body))


def test_a_format_nobody_wrote_is_refused() -> None:
    with pytest.raises(BrokenSealError):
        KEYS.open("purpose", sealed_as(3, deflated(b"x")))


@given(st.binary(max_size=2000))
def test_every_content_comes_back(data: bytes) -> None:
    assert KEYS.open("purpose", KEYS.seal("purpose", data)) == data


def test_small_messages_of_ours_shrink() -> None:
    said = b'{"delta":{"clock":{"at":1779145893},"occurrences":{},"steps":{}},"chain":"","cursor":89}'
    assert len(deflated(said)) < len(zlib.compress(said)) * 0.7
