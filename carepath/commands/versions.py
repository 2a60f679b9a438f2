"""`carepath versions`: every version of a pathway the registry keeps."""

from __future__ import annotations

from typing import Annotated

import typer

from carepath.calling import tell
from worker.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def versions(
    pathway: Annotated[str | None, typer.Argument(help="Only of this pathway.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """List versions, newest first, with signatures and publication."""
    from activities.records.registry import versions as kept
    from carepath.registry_access import open_records

    with open_records(load_settings()) as ledger:
        rows = kept(ledger.store, pathway)
    answer = {
        "versions": [
            {
                "id": row.id,
                "version": row.version,
                "sha256": row.sha256,
                "signatures": list(row.signed_by),
                "approved": row.approved,
                "published": None if row.published is None else row.published.isoformat(),
            }
            for row in rows
        ]
    }
    lines = [
        f"{row.id:<24} {row.version:<10} {row.sha256[:12]}  {len(row.signed_by)} signed  "
        f"{'published ' + row.published.date().isoformat() if row.published else '-'}"
        for row in rows
    ]
    tell(answer, as_json, lines or ["-"])
