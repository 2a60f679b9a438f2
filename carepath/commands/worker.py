"""`carepath worker`: one worker process, until Ctrl-C or SIGTERM."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


class Role(StrEnum):
    """What a worker process does."""

    JOURNEY = "journey"
    COURIER = "courier"
    RED = "red"
    ALL = "all"


@app.command()
def worker(
    role: Annotated[
        Role,
        typer.Option(help="journey: patients and partners; courier: sending and sweeping; red: red messages; all."),
    ] = Role.ALL,
    shards: Annotated[int, typer.Option(help="Couriers that share the outbox; the same for all.", min=1, max=256)] = 1,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Take over a killed worker's patients within a second.")
    ] = False,
    ready_file: Annotated[Path | None, typer.Option(help="A file to make once work is taken.")] = None,
) -> None:
    """Run one worker process. Start one per core; red needs one of its own, or `all` on a single machine."""
    import asyncio

    from worker.fleet import WorkerOptions
    from worker.logs import configure_logs
    from worker.main import run_worker
    from worker.settings import load_settings

    settings = load_settings()
    configure_logs()
    options = WorkerOptions(role=role.value, shards=shards, rehearsal=rehearsal)
    asyncio.run(run_worker(settings, options, ready=ready_file.touch if ready_file is not None else None))
