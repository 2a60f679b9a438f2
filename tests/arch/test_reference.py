"""Generated pages are current."""

from scripts.reference import FOLDER, pages


def test_generated_pages_are_current() -> None:
    stale = [name for name, text in pages().items() if (FOLDER / name).read_text("utf-8") != text]
    assert not stale, f"run `make docs`: {stale}"


def test_every_setting_says_what_it_means() -> None:
    for section in pages()["settings.md"].split("\n## ")[1:]:
        assert len(section.strip().splitlines()[-1]) > 20, section
