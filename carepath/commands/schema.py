"""`carepath schema`: the JSON Schema of pathways or sites, for editors."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from pathways.lang.schema import schema_of

app = typer.Typer(add_completion=False)


class What(StrEnum):
    """Kinds of document."""

    PATHWAY = "pathway"
    SITE = "site"


@app.command()
def schema(
    what: Annotated[What, typer.Argument(help="The kind of document.")] = What.PATHWAY,
) -> None:
    """Print the JSON Schema of a kind of document.

    An editor that is given it completes keys and marks what has the wrong shape while somebody types. Names, times,
    conditions and units are judged by `carepath check`.
    """
    made = schema_of("pathway" if what is What.PATHWAY else "site")
    sys.stdout.write(json.dumps(made, ensure_ascii=False, indent=2) + "\n")
