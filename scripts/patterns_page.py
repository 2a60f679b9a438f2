"""The conformance table of workflow patterns: what of them the language can say, each shown by a tiny pathway."""

from pathlib import Path
from typing import NamedTuple

import yaml

PATTERNS = Path(__file__).resolve().parent.parent / "tests" / "patterns"
_HEAD = """
# Workflow patterns

Van der Aalst's catalogue names 43 control-flow patterns; Mulyar, van der Aalst and Peleg judged clinical languages by
them (A pattern-based analysis of clinical computer-interpretable guideline modeling languages, JAMIA 2007). This table
says which of them a pathway can say. Each that passes has one tiny pathway and one scenario in `tests/patterns`, which
run as tests (`carepath test tests/patterns`). The words are ours.
"""


class Pattern(NamedTuple):
    """One pattern: how it is written, or why not. ``folder`` holds its pathway and scenario."""

    number: int
    name: str
    words: str
    how: str
    why_not: str
    folder: Path


def patterns() -> list[Pattern]:
    """All patterns, in order."""
    rows = yaml.safe_load((PATTERNS / "table.yaml").read_text(encoding="utf-8"))["patterns"]
    return [
        Pattern(
            row["number"],
            row["name"],
            row["words"],
            row.get("how", ""),
            row.get("why_not", ""),
            PATTERNS / f"wcp{row['number']:02d}",
        )
        for row in rows
    ]


def patterns_page() -> str:
    """The page."""
    rows = patterns()
    passed = sum(bool(row.how) for row in rows)
    lines = [_HEAD, f"{passed} of {len(rows)} pass.\n"]
    lines += ["| | pattern | in our words | | how, or why not |", "|---|---|---|---|---|"]
    for row in rows:
        link = f"../../tests/patterns/{row.folder.name}/pathway.yaml"
        name = f"[{row.name}]({link})" if row.how else row.name
        lines.append(
            f"| {row.number} | {name} | {row.words} | {'yes' if row.how else 'no'} | {row.how or row.why_not} |"
        )
    return "\n".join(lines) + "\n"
