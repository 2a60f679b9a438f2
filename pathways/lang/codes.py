"""Every diagnostic code, in one registry. Each has a heading in docs/reference/diagnostics.md and a golden file."""

from __future__ import annotations

from pathways.lang.code import Code
from pathways.lang.codes_calls import CALL_CODES
from pathways.lang.codes_conference import CONFERENCE_CODES
from pathways.lang.codes_decisions import DECISION_CODES
from pathways.lang.codes_guide import GUIDE_CODES
from pathways.lang.codes_handoffs import HANDOFF_CODES
from pathways.lang.codes_meaning import MEANING_CODES
from pathways.lang.codes_merge import MERGE_CODES
from pathways.lang.codes_text import TEXT_CODES
from pathways.lang.codes_whole import WHOLE_CODES

_ALL: tuple[tuple[Code, ...], ...] = (
    TEXT_CODES,
    MEANING_CODES,
    WHOLE_CODES,
    GUIDE_CODES,
    HANDOFF_CODES,
    CALL_CODES,
    CONFERENCE_CODES,
    DECISION_CODES,
    MERGE_CODES,
)
CODES: dict[str, Code] = {code.id: code for group in _ALL for code in group}
