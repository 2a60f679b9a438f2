"""`carepath api`: the HTTP interface, one process."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from worker.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else CAREPATH_API_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; else CAREPATH_API_PORT.", min=1, max=65535)] = None,
) -> None:
    """Run the HTTP API until Ctrl-C. Without tokens it serves this machine only."""
    from api.main import serve

    given: dict[str, object] = {}
    if host is not None:
        given["api_host"] = host
    if port is not None:
        given["api_port"] = port
    asyncio.run(serve(load_settings(**given)))
