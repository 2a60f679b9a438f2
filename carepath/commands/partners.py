"""`carepath partners`: stand-in partners that speak the published protocol, for the demo and for tests."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False)


@app.command()
def partners(
    names: Annotated[list[str] | None, typer.Argument(help="pharmacy, insurer, rehab, mail …; none: all.")] = None,
    callback: Annotated[
        str | None, typer.Option(help="Where to call back, with {partner} in it; the API's by default.")
    ] = None,
    day_seconds: Annotated[
        float, typer.Option(help="Seconds of wall time a patient's day takes here.", min=0.001)
    ] = 86_400.0,
    seed: Annotated[int, typer.Option(help="The same seed behaves the same.")] = 1,
    behaviour: Annotated[str, typer.Option(help="Behaviour as JSON, or @file.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="File of addresses and secrets (CAREPATH_PARTNERS); made if it is not there.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the ledgers.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    any_port: Annotated[bool, typer.Option("--any-port", help="Take free ports.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where they are as JSON on standard output.")] = False,
) -> None:
    """Run stand-in partners until Ctrl-C."""
    from carepath.partners.behaviour import Behaviour
    from carepath.partners.serve import KINDS, MAIL, Options, serve
    from worker.settings import load_settings

    settings = load_settings()
    chosen = list(dict.fromkeys(names or [*KINDS, MAIL]))
    unknown = [name for name in chosen if name not in {*KINDS, MAIL}]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]}: there are {', '.join([*KINDS, MAIL])}")
    text = Path(behaviour[1:]).read_text(encoding="utf-8") if behaviour.startswith("@") else behaviour
    options = Options(
        file=file or settings.partners or settings.home / "partners.json",
        data=data or settings.home / "partners",
        host=host,
        seed=seed,
        day=day_seconds,
        callback=callback or f"{settings.public_api_url}/api/v1/callbacks/{{partner}}",
        any_port=any_port,
        behaviour=Behaviour.model_validate_json(text) if text else None,
    )

    def ready(told: dict[str, Any]) -> None:
        if as_json:
            sys.stdout.write(json.dumps(told, sort_keys=True) + "\n")
            sys.stdout.flush()
            return
        for name in chosen:
            sys.stderr.write(f"[partners] {name}: {told[name]['url']}\n")
        sys.stderr.write(f"[partners] addresses and secrets: {told['file']}\n")

    _run(serve(chosen, options, ready))


def _run(serving: Any) -> None:
    from activities.addresses import AddressesError

    try:
        asyncio.run(serving)
    except AddressesError as error:
        _leave(1, f"{error.code}: {error}")
    except KeyError as error:
        _leave(1, f"E-ADDRESSES: the file of addresses has no partner {error}; add it or give another --file")
    except ModuleNotFoundError as error:
        _leave(3, f"E-PARTNERS-MAIL: the mailbox needs {error.name}, which is not installed")
    except OSError as error:
        _leave(3, f"E-PARTNERS-PORT: cannot listen: {error.strerror}; give --any-port or another file")


def _leave(code: int, text: str) -> None:
    sys.stderr.write(f"error {text}\n")
    raise typer.Exit(code)
