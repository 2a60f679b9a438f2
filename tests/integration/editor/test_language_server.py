"""`carepath lsp` as an editor speaks with it: a process, standard input and output, the protocol's own framing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lang.test_editor import TEXT, place

URI = "file:///pathways/pathway.yaml"


class Editor:
    """The other end of the protocol."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "carepath", "lsp", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd=Path(__file__).resolve().parents[3],
        )  # fmt: skip
        self.number = 0
        self.told: list[dict[str, Any]] = []

    def send(self, body: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **body}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            assert line, "the server has gone"
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        found: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return found

    def ask(self, method: str, **params: Any) -> Any:
        answer = self.answer(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def answer(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (body := self.read()).get("id") != self.number or "method" in body:
            self.told.append(body)
        return body

    def tell(self, method: str, **params: Any) -> None:
        self.send({"method": method, "params": params})

    def diagnostics(self) -> list[dict[str, Any]]:
        while (body := self.read()).get("method") != "textDocument/publishDiagnostics":
            pass
        found: list[dict[str, Any]] = body["params"]["diagnostics"]
        return found

    def about(self, method: str, marked: str, **more: Any) -> Any:
        return self.ask(method, textDocument={"uri": URI}, position=position(marked), **more)


def position(marked: str) -> dict[str, int]:
    line, column = place(marked)
    before = TEXT.split("\n")[line - 1][: column - 1]
    return {"line": line - 1, "character": len(before.encode("utf-16-le")) // 2}


@pytest.fixture
def editor() -> Iterator[Editor]:
    one = Editor("--lang", "en")
    try:
        able = one.ask("initialize", processId=None, rootUri=None, capabilities={})["capabilities"]
        assert {"completionProvider", "hoverProvider", "definitionProvider", "renameProvider"} <= set(able)
        one.tell("initialized")
        document = {"uri": URI, "languageId": "yaml", "version": 1, "text": TEXT}
        one.tell("textDocument/didOpen", textDocument=document)
        yield one
        one.ask("shutdown")
        one.tell("exit")
        assert one.process.wait(timeout=20) == 0
    finally:
        one.process.kill()
        one.process.wait()
        for stream in (one.process.stdin, one.process.stdout):
            if stream is not None:
                stream.close()


def test_an_editor_is_served(editor: Editor) -> None:
    assert [d["severity"] for d in editor.diagnostics() if d["severity"] == 1] == []

    # What is typed is judged at once; the place counts in UTF-16.
    damaged = TEXT.replace("zh: 重新预约}, role: nurse", "zh: 😀重新预约}, role: nurs", 1)
    editor.tell("textDocument/didChange", textDocument={"uri": URI, "version": 2}, contentChanges=[{"text": damaged}])
    (wrong,) = [d for d in editor.diagnostics() if d["severity"] == 1]
    assert (wrong["code"], wrong["source"]) == ("unknown_role", "carepath") and "nurse" in wrong["message"]
    line = damaged.split("\n")[wrong["range"]["start"]["line"]]
    start = wrong["range"]["start"]["character"]
    assert line.encode("utf-16-le")[start * 2 :].decode("utf-16-le").startswith("nurs")
    editor.tell("textDocument/didChange", textDocument={"uri": URI, "version": 3}, contentChanges=[{"text": TEXT}])
    assert [d for d in editor.diagnostics() if d["severity"] == 1] == []

    offered = editor.about("textDocument/completion", "go: |titrate}")["items"]
    assert {"baseline", "titrate", "refer", "maintain"} <= {item["label"] for item in offered}
    said = editor.about("textDocument/hover", "bp.systolic >= crisis_|systolic")["contents"]["value"]
    assert "180 mmHg" in said
    (there,) = editor.about("textDocument/definition", "bp.systolic >= crisis_|systolic")
    assert TEXT.split("\n")[there["range"]["start"]["line"]].startswith("  crisis_systolic:")
    renamed = editor.about("textDocument/rename", "bp.systolic >= crisis_|systolic", newName="far_too_high")
    edits = renamed["changes"][URI]
    assert len(edits) == 2 and {edit["newText"] for edit in edits} == {"far_too_high"}
    refused = editor.answer(
        "textDocument/rename", textDocument={"uri": URI}, position=position("roles: [|nurse"), newName="sister"
    )
    assert "would not mean the same" in refused["error"]["message"]
