"""The order in which workflow code gives commands, taken from its syntax tree, against the committed one.

Replays of stored histories notice a changed order only where a stored history passes. This notices it everywhere.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

COMMITTED = Path(__file__).with_name("fingerprints.json")

# Calls that put something into the history, or decide what follows it; the rest of `workflow.` is reading.
COMMANDS = frozenset(
    (
        "execute_local_activity", "execute_activity", "start_activity", "start_local_activity", "start_child_workflow",
        "execute_child_workflow", "get_external_workflow_handle", "signal", "cancel", "sleep", "wait_condition",
        "upsert_search_attributes", "upsert_memo", "continue_as_new", "patched", "deprecate_patch", "uuid4", "random",
        "timeout", "wait", "gather",
    )
)  # fmt: skip

TEACHING = """
The workflow code gives its commands in another order than the committed one:

{difference}

Patients are running whose histories were made by the old order. A worker with the new one finds another command than
the history says, fails that workflow task, and these patients stand still until it is taken back: no error status,
no reminder, no escalation. So:

1. If the change was not meant, undo it.
2. If histories must be able to meet it, keep the old way and take the new one behind a patch:

       if workflow.patched("a-name-of-this-change"):
           ...  # new runs, and old ones from here on
       else:
           ...  # histories made before

   then record a new history that passes through it (tests/replay/make_histories.py) beside the old ones.
3. If no command moved (a function was renamed or split), replay the stored histories first: pytest tests/replay

Then write the new fingerprint:  python -m tests.replay.test_fingerprints
"""


def fingerprint(repository: Path) -> dict[str, dict[str, list[str]]]:
    """File -> function -> the commands in it, in the order of the text.

    A call of another workflow function counts where that function leads to a command itself.
    """
    files = {
        path.name: _functions(ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((repository / "workflows").glob("*.py"))
    }
    calls = {name: calls for functions in files.values() for name, calls in functions.items()}
    leading = {name.rpartition(".")[2] for name, made in calls.items() if any(_is_command(call) for call in made)}
    while True:
        more = {name.rpartition(".")[2] for name, made in calls.items() if any(_leads(call, leading) for call in made)}
        if more <= leading:
            break
        leading |= more
    found: dict[str, dict[str, list[str]]] = {}
    for file, functions in files.items():
        kept = {name: [c for c in made if _is_command(c) or _leads(c, leading)] for name, made in functions.items()}
        kept = {name: made for name, made in kept.items() if made}
        if kept:
            found[file] = kept
    return found


def _is_command(call: str) -> bool:
    return call.rpartition(".")[2] in COMMANDS


def _leads(call: str, leading: set[str]) -> bool:
    owner, _, name = call.rpartition(".")
    return owner in {"calls", "self"} and name in leading


def _functions(tree: ast.Module) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def look(node: ast.AST, where: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                look(child, f"{where}{child.name}.")
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{where}{child.name}"] = _calls(child)

    look(tree, "")
    return found


def _calls(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """`workflow.sleep`, `calls.start_handoff`, `self._tick`, `handle.signal` …, in the order in which they end."""
    calls = [
        node
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    calls.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
    return [_name(call.func) for call in calls if isinstance(call.func, ast.Attribute)]


def _name(function: ast.Attribute) -> str:
    owner = function.value.id if isinstance(function.value, ast.Name) else "…"
    return f"{owner}.{function.attr}"


def test_commands_come_in_the_committed_order(repository: Path) -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    present = fingerprint(repository)
    lines: list[str] = []
    for file in sorted(committed.keys() | present.keys()):
        before, after = committed.get(file, {}), present.get(file, {})
        for function in sorted(before.keys() | after.keys()):
            if before.get(function) != after.get(function):
                lines += [f"  {file} {function}", f"    was: {before.get(function)}", f"    is:  {after.get(function)}"]
    if lines:
        pytest.fail(TEACHING.format(difference="\n".join(lines)), pytrace=False)


def test_a_moved_command_changes_the_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    text = "async def run(self):\n    await workflow.sleep(1)\n    await workflow.execute_activity('a')\n"
    path = tmp_path / "workflows" / "one.py"
    path.write_text(text)
    before = fingerprint(tmp_path)
    path.write_text(text.replace("workflow.sleep(1)", "workflow.execute_activity('a')"))
    assert before == {"one.py": {"run": ["workflow.sleep", "workflow.execute_activity"]}}
    assert fingerprint(tmp_path) != before


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2]
    COMMITTED.write_text(json.dumps(fingerprint(here), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
