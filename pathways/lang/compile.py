"""From the document to the plan: phrases read, names resolved, units checked, everything in its place.

The same text always gives the same plan, byte for byte: nothing here looks at a clock, a file or the order of a
set.
"""

from __future__ import annotations

import hashlib
import json

from pathways.lang.catalogue import text_of
from pathways.lang.compile_calls import leave_out_broken_calls
from pathways.lang.compile_counted import compile_counted
from pathways.lang.compile_decisions import compile_decisions, widened
from pathways.lang.compile_groups import insides
from pathways.lang.compile_knowledge import (
    compile_derived,
    compile_eligibility,
    compile_evidence,
    compile_facts,
    compile_lists,
    compile_measures,
    compile_parameters,
)
from pathways.lang.compile_names import check_names
from pathways.lang.compile_reader import Reader
from pathways.lang.compile_rules import (
    compile_anchors,
    compile_ends,
    compile_ladders,
    compile_lifecycle,
    compile_messages,
    compile_quotas,
    compile_rules,
)
from pathways.lang.compile_steps import compile_phase, compile_step
from pathways.lang.compile_watches import compile_watches
from pathways.lang.plan import Plan
from pathways.lang.resolve import THROUGHOUT


def compile_plan(r: Reader) -> Plan:
    """The plan of a document. With errors among ``r.found`` it is not to be used."""
    check_names(r)
    spec = r.spec
    leave_out_broken_calls(r)
    parameters = compile_parameters(r)  # first: units of parameters are needed by every condition
    rules = compile_rules(r)
    derived = compile_derived(r)
    inside = insides(spec.throughout)
    throughout = tuple(
        compile_step(r, (THROUGHOUT, s), THROUGHOUT, s, body, inside.get(s)) for s, body in spec.throughout.items()
    )
    phases = {name: compile_phase(r, name, body) for name, body in spec.phases.items()}
    decisions = compile_decisions(r)
    rules = widened(rules, decisions)
    anchor = r.anchor(spec.counts_from, ("counts_from",))
    plan = Plan(
        id=spec.id,
        version=spec.version,
        title=text_of(spec.title),
        owner=spec.owner,
        profiles=tuple(spec.profiles),
        evidence=compile_evidence(r),
        facts=compile_facts(r),
        parameters=parameters,
        code_lists=compile_lists(r),
        eligibility=compile_eligibility(r),
        consent=tuple(spec.consent or ()),
        counts_from=anchor,
        one_active="per_patient" if spec.one_active is not None else "no",
        measures=compile_measures(r),
        derived=derived,
        decisions=decisions,
        counted=compile_counted(r),
        roles=tuple(spec.roles or ()),
        ladders=compile_ladders(r),
        throughout=throughout,
        first_phase=next(iter(spec.phases)),
        phases=phases,
        ends=compile_ends(r),
        ended_by_staff=tuple(spec.ended_by_staff or ()),
        quotas=compile_quotas(r),
        rules=rules,
        lifecycle=compile_lifecycle(r),
        anchors=compile_anchors(r),
        messages=compile_messages(r),
        watches=compile_watches(rules, tuple(phases.values()), throughout, derived, decisions),
        called=dict(r.symbols.called),
    )
    return plan.model_copy(update={"sha256": digest(plan)})


def canonical(plan: Plan) -> str:
    """The JSON that is hashed: every field but the hash, keys sorted, no blanks."""
    body = plan.model_dump(mode="json", exclude={"sha256"})
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(plan: Plan) -> str:
    """SHA-256 over the canonical JSON, all profiles included."""
    return hashlib.sha256(canonical(plan).encode()).hexdigest()
