"""What a PATH or a site on the command line means: a file or folder, or the name of one that is known by name.

A bare name that is no file is looked for among the pathways of `CAREPATH_PATHWAYS` (the library that ships with
carepath, unless set), a site's among the sites that ship with carepath.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import typer

from worker.settings import FILE, load_settings
from worker.site import site_file

SITE: Final = "CAREPATH_SITE"


def pathway_path(text: str) -> Path:
    """A file or folder, else the pathway of that name. Raises typer.BadParameter."""
    given = Path(text)
    if given.exists():
        return given
    if given.name == text and text not in {"", ".", ".."}:
        named = load_settings().pathways_folder / text
        if named.exists():
            return named
    raise typer.BadParameter(f"there is no file, no folder and no pathway {text!r}", param_hint="PATH")


def site_path(text: str) -> Path:
    """A site's file, else the one that ships under that name. Raises typer.BadParameter."""
    return _site(text, "--site")


def site_of(option: Path | None) -> Path | None:
    """The site of a command: its option, else `CAREPATH_SITE` of the environment or of `carepath.toml`, else none.

    Raises typer.BadParameter; Problem for a `carepath.toml` that cannot be read.
    """
    if option is not None:
        return option
    if os.environ.get(SITE):
        return _site(os.environ[SITE], SITE)
    # Settings take a moment to import, and a check has to be quick.
    known = load_settings().site if Path(FILE).is_file() else None
    return None if known is None else _site(str(known), f"site, in {FILE}")


def _site(text: str, where: str) -> Path:
    found = site_file(Path(text))
    if not found.is_file():
        raise typer.BadParameter(f"there is no site {text!r}", param_hint=where)
    return found
