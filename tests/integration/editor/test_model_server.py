"""`carepath mcp` as a model's program speaks with it: a process, and the protocol's own client."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from carepath.authoring import MOST_PATIENTS
from carepath.model_server import TOOLS

ROOT = Path(__file__).resolve().parents[3]


async def _talk() -> dict[str, Any]:
    """One conversation: what is offered, then an author's way from reading to a mistake and its mending."""
    program = StdioServerParameters(command=sys.executable, args=["-m", "carepath", "mcp"], cwd=ROOT)
    async with stdio_client(program) as (read, write), ClientSession(read, write) as session:
        hello = await session.initialize()

        async def ask(tool: str, **given: Any) -> dict[str, Any]:
            answer = await session.call_tool(tool, given)
            assert not answer.is_error, answer
            assert answer.structured_content is not None
            return dict(answer.structured_content)

        text = (await ask("read_pathway", name="hypertension_home"))["text"]
        return {
            "says": hello.instructions,
            "tools": (await session.list_tools()).tools,
            "list": await ask("list_pathways"),
            "schema": await ask("schema", kind="site"),
            "good": await ask("check", text=text, site="example_cn"),
            "bad": await ask("check", text=text.replace("teach:", "tech:", 1), language="zh"),
            "page": await ask("explain", text=text),
            "week": await ask("expand", text=text, start="2026-03-02T08:00", zone="Asia/Shanghai", days=2),
            "figures": await ask("simulate", text=text, site="example_cn", patients=2, days=10),
            "wrong": await ask("simulate", text=text, site="example_cn", patients=MOST_PATIENTS + 1),
        }


def test_a_model_reads_checks_and_rehearses_and_can_change_nothing() -> None:
    told = asyncio.run(_talk())
    assert "citation" in told["says"]
    assert [tool.name for tool in told["tools"]] == [tool.__name__ for tool in TOOLS]
    for tool in told["tools"]:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.description
    assert any(one["name"] == "hypertension_home" for one in told["list"]["pathways"])
    assert told["schema"]["properties"]
    assert told["good"]["compiles"]
    assert not told["bad"]["compiles"]
    wrong = next(one for one in told["bad"]["diagnostics"] if one["severity"] == "error")
    assert "步骤" in wrong["message"] + wrong["hint"]
    assert told["page"]["page"]
    assert told["week"]["occurrences"]
    assert told["figures"]["figures"]["patients"] == 2
    assert "between 1 and" in told["wrong"]["asked_wrongly"]
