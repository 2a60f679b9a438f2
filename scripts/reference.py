"""Writes the reference pages that are made from code, so that they cannot drift from it: `make docs`.

With `--check` nothing is written; pages that are not current are named and the exit code is 1.
"""

import json
import sys
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pathways.lang.schema import KINDS, Kind, schema_of
from scripts.commands_page import commands_page
from scripts.diagnostics_page import diagnostics_page
from scripts.library_pages import library_pages
from scripts.patterns_page import patterns_page
from scripts.steps_pages import steps_pages
from worker.problems import TEXTS
from worker.settings import FILE, PREFIX, Settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Made by `make docs`. Do not edit: change the code. -->\n"


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {
        "settings.md": settings_page(),
        "commands.md": NOTE + "\n" + commands_page(),
        "problems.md": problems_page(),
        "patterns.md": NOTE + patterns_page(),
        "diagnostics.md": NOTE + diagnostics_page(),
        **{name: NOTE + "\n" + text for name, text in steps_pages().items()},
        **{f"../schema/{kind}.schema.json": schema_text(kind) for kind in KINDS},
        # Beside each pathway stands a page of its own: joined to FOLDER an absolute path stays itself.
        **{str(path): text for path, text in library_pages().items()},
    }


def schema_text(kind: Kind) -> str:
    """The JSON Schema of a kind of document, as `carepath schema` prints it."""
    return json.dumps(schema_of(kind), ensure_ascii=False, indent=2) + "\n"


def settings_page() -> str:
    """Every setting: name in the environment and in the file, default, meaning."""
    lines = [
        NOTE, "# Settings\n",
        f"The environment wins over `{FILE}` in the working directory. A name that does not exist is refused.\n",
    ]  # fmt: skip
    for name, field in Settings.model_fields.items():
        meaning = " ".join((field.description or "").split())
        lines += [f"## {PREFIX}{name.upper()}\n", f"In `{FILE}`: `{name}`. Default: {_default(field)}.\n"]
        lines.append(f"{meaning}\n")
    return "\n".join(lines)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "the platform's folder for a person's data"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"`{value}`" if value not in {None, ""} else "none"


def problems_page() -> str:
    """Every problem of running carepath: code, exit code, text in both languages, what to do."""
    lines = [NOTE, "# Problems when running carepath\n"]
    for code in sorted(TEXTS):
        exit_code, texts = TEXTS[code]
        lines += [f"## {code}\n", f"Exit code {exit_code}.\n"]
        for language, (said, hint) in texts.items():
            lines.append(f"- {language}: {said}. {hint}" if hint != "{did_you_mean}" else f"- {language}: {said}.")
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    if "--check" in arguments and stale:
        sys.stderr.write(f"not current, run `make docs`: {', '.join(stale)}\n")
        return 1
    sys.stderr.write(f"[docs] {len(stale)} of {len(pages())} pages written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
