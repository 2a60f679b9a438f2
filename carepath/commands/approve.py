"""`carepath approve`: one person's signature over the hash of a compiled pathway."""

from __future__ import annotations

from typing import Annotated

import typer

from carepath.calling import tell
from carepath.commands.check import PathArgument
from worker.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def approve(
    path: PathArgument,
    who: Annotated[str, typer.Option(help="Opaque id of the person who signs.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Sign a pathway. Two different people sign before it may be published."""
    from activities.records.registry import SIGNATURES, put_plan, sign, versions
    from carepath.registry_access import open_records
    from worker.site import load_site_setting, plan_from

    settings = load_settings()
    plan = plan_from(path, load_site_setting(settings))
    with open_records(settings) as ledger:
        put_plan(ledger.store, plan)
        outcome = sign(ledger.store, plan.sha256, who)
        row = next(one for one in versions(ledger.store, plan.id) if one.sha256 == plan.sha256)
    answer = {
        "id": plan.id,
        "version": plan.version,
        "sha256": plan.sha256,
        "outcome": outcome,
        "signatures": list(row.signed_by),
        "approved": row.approved,
    }
    tell(
        answer, as_json, [f"{plan.id} {plan.version} {plan.sha256[:12]}  {len(row.signed_by)}/{SIGNATURES}  {outcome}"]
    )
