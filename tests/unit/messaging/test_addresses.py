"""The file of addresses: read strictly, and never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from activities.addresses import Addresses, AddressesError, load_addresses

GOOD = """
[[partners]]
id = "pharmacy"
kind = "pharmacy"
base_url = "https://pharmacy.example/api/"
secrets = ["whsec_QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"]
token = "t0ken"

[staff.nurse]
language = "zh"
email = ["nurse@clinic.example"]
sms = ["+8613800138000"]

[channels.sms]
url = "https://gateway.example/messages"
"""


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml = tmp_path / "a.toml"
    toml.write_text(GOOD, encoding="utf-8")
    import tomllib

    same = tmp_path / "a.json"
    same.write_text(json.dumps(tomllib.loads(GOOD)), encoding="utf-8")
    found = load_addresses(toml)
    assert found == load_addresses(same)
    partner = found.partner("pharmacy")
    assert partner is not None
    assert partner.base_url == "https://pharmacy.example/api"
    assert found.partner("other") is None
    assert found.staff["nurse"].at("sms") == ("+8613800138000",)
    assert found.staff["nurse"].at("pigeon") == ()
    assert "t0ken" not in repr(found)
    assert "QUJD" not in repr(found)


def test_no_file_is_no_addresses() -> None:
    assert load_addresses(None) == Addresses()


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("https://pharmacy.example/api/", "ftp://pharmacy.example", "partners.0.base_url"),
        ("https://pharmacy.example/api/", "https://u:p@pharmacy.example", "partners.0.base_url"),
        ("https://pharmacy.example/api/", "/relative", "partners.0.base_url"),
        ("whsec_QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD", "whsec_QUJD", "partners.0.secrets.0"),
        ('secrets = ["whsec_QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"]', "secrets = []", "partners.0.secrets"),
        ("sms = [", "fax = [", "staff.nurse.fax"),
        ("[channels.sms]", "[chanels.sms]", "chanels"),
        ("[channels.sms]", "[channels.pharmacy]", ""),
    ],
)
def test_what_is_wrong_is_named_and_never_shown(tmp_path: Path, old: str, new: str, where: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(AddressesError) as raised:
        load_addresses(file)
    assert f"a.toml, {where}:" in str(raised.value)
    assert "QUJD" not in str(raised.value)


@pytest.mark.parametrize("text", ["= nothing", "[[partners]"])
def test_broken_files(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AddressesError, match="neither TOML nor JSON"):
        load_addresses(file)
    with pytest.raises(AddressesError, match="cannot be read"):
        load_addresses(tmp_path / "missing.toml")
