"""`carepath mcp`: the MCP server for models that help an author, over standard input and output."""

from __future__ import annotations

import importlib.util

import typer

app = typer.Typer(add_completion=False)


@app.command()
def mcp() -> None:
    """Serve a model that helps an author: list, schema, check, explain, expand, simulate. It only reads.

    It speaks the Model Context Protocol over standard input and output, and needs the extra `carepath[mcp]`.
    """
    if importlib.util.find_spec("mcp") is None:
        raise typer.BadParameter("it needs mcp: install carepath[mcp]", param_hint="mcp")
    from carepath.model_server import serve

    serve()
