"""Examples of the pages that no command can type: other people's code is written after them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from activities.addresses import load_addresses
from activities.handoffs.signatures import Signed, verify
from activities.handoffs.wire import Callback
from activities.keys.key_file import read_key_file
from tests.unit.docs_pages import DOCS
from tests.unit.docs_run import Block, blocks

PARTNER = DOCS / "how-to" / "connect-a-partner.md"


def _partner_blocks() -> list[Block]:
    return list(blocks(PARTNER.read_text("utf-8")))


def test_the_file_of_addresses_can_be_read(tmp_path: Path) -> None:
    (toml,) = [block for block in _partner_blocks() if block.language == "toml"]
    path = tmp_path / toml.name
    path.write_text(toml.body, "utf-8")
    partner = load_addresses(path).partner("clinic")
    assert partner is not None
    assert partner.kind == "referral"


def test_the_key_file_can_be_read(tmp_path: Path) -> None:
    text = (DOCS / "how-to" / "run-in-a-cluster.md").read_text("utf-8")
    (keys,) = [block for block in blocks(text) if block.what == "keys.json"]
    path = tmp_path / keys.name
    path.write_text(keys.body, "utf-8")
    path.chmod(0o600)
    assert read_key_file(path).active == "k2"


def test_the_signed_example_is_signed_with_the_secret_above_it(tmp_path: Path) -> None:
    found = _partner_blocks()
    (toml,) = [block for block in found if block.language == "toml"]
    (body,) = [block.body.removesuffix("\n").encode() for block in found if block.what == "signed"]
    (headers,) = [block.body for block in found if block.language == "text"]
    named = dict(line.split(": ", 1) for line in headers.splitlines())
    path = tmp_path / toml.name
    path.write_text(toml.body, "utf-8")
    partner = load_addresses(path).partner("clinic")
    assert partner is not None
    secrets = [secret.get_secret_value() for secret in partner.secrets]
    then = datetime.fromtimestamp(int(named["webhook-timestamp"]), UTC)
    assert verify(secrets, named, body, then) == Signed("msg_0001", then)
    assert verify(secrets, named, body + b" ", then) == "signature-wrong"
    assert Callback.model_validate_json(body).state == "accepted"
