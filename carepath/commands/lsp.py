"""`carepath lsp`: the language server for editors, over standard input and output."""

from __future__ import annotations

import importlib.util

import typer

from carepath.commands.check import LanguageOption, chosen_language

app = typer.Typer(add_completion=False)


@app.command()
def lsp(lang: LanguageOption = None) -> None:
    """Serve an editor: findings while somebody types, completion, hover, definition, rename.

    It speaks the Language Server Protocol over standard input and output, and needs the extra `carepath[lsp]`.
    """
    if importlib.util.find_spec("pygls") is None:
        raise typer.BadParameter("it needs pygls: install carepath[lsp]", param_hint="lsp")
    from carepath.language_server import serve

    serve(chosen_language(lang))
