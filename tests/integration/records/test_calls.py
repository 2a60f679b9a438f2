"""A pathway that calls another one, through the store: its enrolment has a row, and later ticks find its plan."""

from sqlalchemy import select

from activities.records.registry import put_plan
from activities.records.schema import enrolment
from pathways.lang.load import load_pathway, pathways_near
from tests.integration.records.house import PATHWAYS, START, House, Run, pressure

FILE = PATHWAYS.parent / "docs" / "reference" / "steps" / "examples" / "pathway.yaml"


def test_a_called_pathway_has_a_row_and_runs_on(house: House) -> None:
    plan = load_pathway(FILE.read_bytes(), FILE.name, None, pathways_near(FILE)).plan
    assert plan is not None
    house.plan_sha = put_plan(house.ledger.store, plan)
    house.register()
    stored = house.enrol(
        pathway=plan.id, facts={"sex": "male", "conditions": ["hypertension"], "birth_date": "1966-01-01"}
    )
    run = Run(house)
    assert run.tick([stored.event]).verdicts[stored.event].done
    query = select(enrolment.c.id, enrolment.c.pathway, enrolment.c.rehearsal).order_by(enrolment.c.id)
    assert [tuple(row) for row in house.rows(query)] == [
        (stored.id, plan.id, False),
        (f"{stored.id}.htn", "hypertension_home", False),
    ]
    assert set(run.plans) == {plan.sha256, *plan.called}
    house.read(pressure("r1", START, 150))
    again = run.tick()
    assert again is not None
    assert run.state is not None and f"{stored.id}.htn" in str(run.state)
