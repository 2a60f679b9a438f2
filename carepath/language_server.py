"""The language server: turns what an editor asks into calls of ``pathways.lang.editor``, and positions into its own.

The protocol counts from 0 and in UTF-16 units, everything of ours from 1 and in code points.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlparse

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from pathways.lang import editor
from pathways.lang.diagnostics import Diagnostic, Language, Span
from pathways.lang.library import Library
from pathways.lang.load import pathways_near

NAME = "carepath"
_KINDS = {
    "key": lsp.CompletionItemKind.Property,
    "name": lsp.CompletionItemKind.Reference,
    "unit": lsp.CompletionItemKind.Unit,
    "phrase": lsp.CompletionItemKind.Snippet,
    "word": lsp.CompletionItemKind.EnumMember,
}


def units(text: str) -> int:
    """How many UTF-16 units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_protocol(lines: list[str], line: int, column: int) -> lsp.Position:
    """A position of ours as the protocol counts it; beyond the end it is the end."""
    text = lines[line - 1] if line <= len(lines) else ""
    return lsp.Position(line - 1, units(text[: column - 1]))


def from_protocol(lines: list[str], at: lsp.Position) -> tuple[int, int]:
    """A position of the protocol as line and column of ours."""
    text = lines[at.line] if at.line < len(lines) else ""
    column, used = 0, 0
    while column < len(text) and used < at.character:
        used += units(text[column])
        column += 1
    return at.line + 1, column + 1


def _range(lines: list[str], span: Span) -> lsp.Range:
    return lsp.Range(
        to_protocol(lines, span.line, span.column), to_protocol(lines, span.end_line, max(span.end_column, 1))
    )


def _path(uri: str) -> str:
    return unquote(urlparse(uri).path)


def _beside(uri: str) -> Library:
    """What a pathway in this file may call, as for `carepath check`."""
    return pathways_near(Path(_path(uri)))


def build(language: Language) -> LanguageServer:
    """The server with all it answers."""
    server = LanguageServer(NAME, "1")

    def text_of(uri: str) -> tuple[str, list[str]]:
        text = server.workspace.get_text_document(uri).source
        return text, text.split("\n")

    def publish(uri: str) -> None:
        text, lines = text_of(uri)
        found = editor.diagnose(text, _path(uri), _beside(uri))
        shown = [_diagnostic(lines, one, language) for one in found]
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, shown))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: lsp.DidOpenTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(params: lsp.DidChangeTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[" ", ":", "{"]))
    def _complete(params: lsp.CompletionParams) -> lsp.CompletionList:
        text, lines = text_of(params.text_document.uri)
        offers = editor.complete(text, *from_protocol(lines, params.position), language)
        return lsp.CompletionList(is_incomplete=False, items=list(_items(offers)))

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def _hover(params: lsp.HoverParams) -> lsp.Hover | None:
        text, lines = text_of(params.text_document.uri)
        uri = params.text_document.uri
        said = editor.hover(text, *from_protocol(lines, params.position), language, _beside(uri))
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, said)) if said else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def _define(params: lsp.DefinitionParams) -> list[lsp.Location]:
        text, lines = text_of(params.text_document.uri)
        spans = editor.define(text, *from_protocol(lines, params.position))
        return [lsp.Location(params.text_document.uri, _range(lines, span)) for span in spans]

    @server.feature(lsp.TEXT_DOCUMENT_RENAME)
    def _rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        text, lines = text_of(params.text_document.uri)
        at = from_protocol(lines, params.position)
        spans = editor.rename(text, *at, params.new_name, _beside(params.text_document.uri))
        if isinstance(spans, editor.Refused):
            raise JsonRpcInvalidParams(spans.zh if language == "zh" else spans.en)
        edits = [lsp.TextEdit(_range(lines, span), params.new_name) for span in spans]
        return lsp.WorkspaceEdit(changes={params.text_document.uri: edits})

    return server


def _diagnostic(lines: list[str], one: Diagnostic, language: Language) -> lsp.Diagnostic:
    severity = lsp.DiagnosticSeverity.Error if one.severity == "error" else lsp.DiagnosticSeverity.Warning
    message = f"{one.message(language)}\n{one.hint(language)}"
    return lsp.Diagnostic(_range(lines, one.span), message, severity=severity, code=one.code, source=NAME)


def _items(offers: Iterable[editor.Offer]) -> Iterable[lsp.CompletionItem]:
    for number, offer in enumerate(offers):
        text = f"{offer.text}: " if offer.kind == "key" else offer.text
        yield lsp.CompletionItem(
            offer.text, kind=_KINDS[offer.kind], detail=offer.about or None, insert_text=text, sort_text=f"{number:04}"
        )


def serve(language: Language) -> None:
    """Serve one editor until it says that it leaves."""
    build(language).start_io()
