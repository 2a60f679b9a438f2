"""Pass 4: the document as a whole."""

from __future__ import annotations

from pathways.lang.compile_reader import Reader
from pathways.lang.plan import Plan


def check_plan(r: Reader, plan: Plan) -> None:
    """Note what is wrong with a plan whose parts are each in order."""
