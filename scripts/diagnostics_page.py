"""The reference page of all diagnostics: a heading for each code, its texts, and a damaged document that shows it."""

from pathlib import Path

from pathways.lang.code import Code
from pathways.lang.codes import CODES

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "bad"
INTRODUCTION = """\
# Diagnostics

What `carepath check` can find in a pathway or a site. The code is stable: programs and searches may rely on it. Only
errors stop a compilation; `carepath check` then ends with exit code 1. All findings of a file come in one run, in the
order of the text. A file is judged in passes (text, shape, meaning, whole, site); a pass with errors stops the next
one, so that nobody reads the consequences of a fault as faults of their own.

`carepath check` 能在路径或机构文件中发现的问题。代码是稳定的。只有错误会阻止编译，此时退出码为 1。
"""


def diagnostics_page() -> str:
    """The page."""
    return INTRODUCTION + "".join(_entry(CODES[code]) for code in sorted(CODES))


def _entry(code: Code) -> str:
    kind = "Error" if code.severity == "error" else "Warning"
    lines = [f"\n### {code.id}\n", f"{kind}: {_shown(code.says[0])}. {_shown(code.advises[0])}\n"]
    lines.append(f"{_shown(code.says[1])}。{_shown(code.advises[1])}\n")
    example = (GOLDEN / f"{code.id}.en.txt").read_text(encoding="utf-8").rstrip()
    return "\n".join([*lines, "```text", example, "```", ""])


def _shown(template: str) -> str:
    """A template with its placeholders as words, safe in Markdown."""
    text = template.replace("{{", "\x00").replace("}}", "\x01").replace("{key_}", "{key}")
    return text.replace("{", "‹").replace("}", "›").replace("\x00", "{").replace("\x01", "}")
