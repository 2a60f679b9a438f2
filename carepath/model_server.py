"""The MCP server: what a model that helps an author may ask, over standard input and output. Read-only.

The protocol is the library's; what is answered is ``carepath.authoring``. A question asked wrongly is answered with
what to give instead, so that the model can ask again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any, Final

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

from carepath import authoring

GUIDE: Final = (
    "carepath turns care pathways written in YAML into workflows that look after patients for months. Read a pathway "
    "that exists, then the schema; write; `check` until there is no finding; `explain` it back to the author in their "
    "language; `expand` and `simulate` before anybody signs. Never invent a clinical number: each needs a unit and a "
    "citation, or stands in `evidence` as `checked: no`. Nothing here changes anything or knows any patient."
)
TOOLS: Final[tuple[Callable[..., authoring.Answer], ...]] = (
    authoring.list_pathways,
    authoring.read_pathway,
    authoring.schema,
    authoring.check,
    authoring.explain,
    authoring.expand,
    authoring.simulate,
)


def _told(tool: Callable[..., authoring.Answer]) -> Callable[..., authoring.Answer]:
    """The tool, with a question asked wrongly as an answer."""

    @wraps(tool)
    def answer(*given: Any, **named: Any) -> authoring.Answer:
        try:
            return tool(*given, **named)
        except authoring.AskedWronglyError as wrong:
            return {"asked_wrongly": str(wrong)}

    return answer


def build() -> MCPServer[Any]:
    """The server with all its tools."""
    server: MCPServer[Any] = MCPServer(
        "carepath", title="carepath", instructions=GUIDE, version=version("carepath"), log_level="ERROR"
    )
    reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    for tool in TOOLS:
        server.add_tool(_told(tool), description=tool.__doc__, annotations=reads, structured_output=True)
    return server


def serve() -> None:
    """Answer until the other end closes."""
    build().run("stdio")
