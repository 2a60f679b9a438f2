"""`carepath publish`: lets real patients follow an approved pathway."""

from __future__ import annotations

from typing import Annotated

import typer

from carepath.calling import tell
from carepath.commands.check import PathArgument
from worker.problems import Problem
from worker.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def publish(
    path: PathArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Publish a pathway that two people signed. A published version never changes."""
    from activities.records.registry import publish as publish_plan
    from carepath.registry_access import open_records
    from worker.site import load_site_setting, plan_from

    settings = load_settings()
    plan = plan_from(path, load_site_setting(settings))
    with open_records(settings) as ledger:
        outcome = publish_plan(ledger.store, plan.sha256)
    if outcome in {"not_approved", "unknown"}:
        raise Problem("E-NOT-APPROVED", pathway=plan.id, version=plan.version)
    answer = {"id": plan.id, "version": plan.version, "sha256": plan.sha256, "outcome": outcome}
    tell(answer, as_json, [f"{plan.id} {plan.version} {plan.sha256[:12]}  {outcome}"])
