"""`carepath server`: runs the real Temporal development server, getting it first where needed."""

import asyncio
import json
import signal
import sys
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from worker.problems import NOT_THERE, Problem
from worker.settings import Settings, load_settings

app = typer.Typer(add_completion=False)


class _StopAsked(BaseException):
    """Ctrl-C, or a polite request by the operating system."""


def _say(line: str) -> None:
    sys.stderr.write(f"[temporal] {line}\n")
    sys.stderr.flush()


def _tell(as_json: bool, facts: dict[str, Any], lines: list[str]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(facts, sort_keys=True) + "\n")
        sys.stdout.flush()
    else:
        for line in lines:
            _say(line)


@app.command()
def server(
    port: Annotated[int, typer.Option(help="Port of the frontend; 0 picks a free one.", min=0, max=65535)] = 7233,
    ui_port: Annotated[int, typer.Option(help="Port of the web UI; 0 picks a free one.", min=0, max=65535)] = 8233,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Fire timers at once, for a stretched clock.")] = False,
    get_only: Annotated[bool, typer.Option("--get-only", help="Get the server, then leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it is as JSON on standard output.")] = False,
) -> None:
    """Run the real Temporal development server until Ctrl-C, getting it first where needed."""
    from carepath.server.binary import find_temporal
    from carepath.server.process import TemporalServer

    settings = load_settings()
    if settings.address_given and not get_only:
        _use_the_one_given(settings, as_json)
        return
    binary = find_temporal(settings, _say)
    if get_only:
        facts = {"binary": str(binary.path), "server": binary.server_version, "ui": binary.ui, "source": binary.source}
        _tell(as_json, facts, [f"server {binary.server_version}, UI {binary.ui}: {binary.path}"])
        return
    running = TemporalServer(
        binary,
        settings.home / "temporal",
        namespace=settings.temporal_namespace,
        host=host,
        port=port,
        ui_port=ui_port,
        codec_endpoint=settings.codec_endpoint,
        rehearsal=rehearsal,
    )
    _run(running, as_json)


def _use_the_one_given(settings: Settings, as_json: bool) -> None:
    asyncio.run(_register(settings))
    facts = {"address": settings.temporal_address, "namespace": settings.temporal_namespace, "started": False}
    _tell(as_json, facts, [f"using {settings.temporal_address} as given; its search attributes are in place"])


async def _register(settings: Settings) -> None:
    from temporalio.client import Client

    from worker.search_attributes import ensure_search_attributes

    try:
        client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    except RuntimeError as error:
        raise Problem("E-TEMPORAL-UNREACHABLE", address=settings.temporal_address, reason=str(error)) from error
    await ensure_search_attributes(client)


def _run(running: Any, as_json: bool) -> None:
    def ask_to_stop(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise _StopAsked

    previous = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        running.start()
        facts = {
            "address": running.address,
            "database": str(running.database),
            "log": str(running.log),
            "namespace": running.namespace,
            "pid": running.pid,
            "server": running.binary.server_version,
            "started": True,
            "ui": running.ui_url,
        }
        _tell(
            as_json,
            facts,
            [
                f"server {running.binary.server_version} at {running.address}, namespace {running.namespace}",
                f"web UI {running.ui_url}",
                f"data in {running.database}",
                "Ctrl-C stops it; everything goes on where it was at the next start",
            ],
        )
        code = running.wait()
        _say(f"the server ended by itself with code {code}; its log is {running.log}")
        raise typer.Exit(NOT_THERE)
    except _StopAsked:
        # A second request must not leave the child behind: it is ended at once.
        for number in previous:
            signal.signal(number, signal.SIG_IGN)
        _say("stopping")
        running.stop()
        _say("stopped")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
