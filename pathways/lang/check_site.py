"""Pass 5: the document against the site it is to run at."""

from __future__ import annotations

from collections.abc import Iterable

from pathways.lang.check_base import all_steps, per_day, step_path
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan import AskBody, Escalate, HandoffBody, MeasureBody, OpenTask, Plan, Step
from pathways.lang.plan_when import OncePer
from pathways.lang.site_plan import Site
from pathways.lang.source import Path


def check_against(r: Reader, plan: Plan, site: Site | None) -> None:
    """Note what the site cannot do for this plan; without a site, one warning."""
    if site is None:
        r.say("site_needed", ("roles",), key=True)
        return
    where = Said(f"the site `{site.id}`", f"机构 `{site.id}` ")
    _profile(r, plan, site, where)
    _people(r, plan, site, where)
    _ladders(r, plan, site, where)
    _partners(r, plan, site, where)
    _seasons(r, plan, site, where)
    _contacts(r, plan, site, where)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{w}`" for w in words) or "—"


def _profile(r: Reader, plan: Plan, site: Site, where: Said) -> None:
    if site.profile is not None and plan.profiles and site.profile not in plan.profiles:
        r.say("profile_not_known", ("profiles",), key=True, site=where, name=site.profile, known=_listed(plan.profiles))


def _people(r: Reader, plan: Plan, site: Site, where: Said) -> None:
    for index, role in enumerate(plan.roles):
        if role not in site.roles:
            r.say("role_not_at_site", ("roles", index), site=where, name=role, known=_listed(site.roles))


def _always(site: Site, role: str) -> bool:
    """Whether somebody answers for a role at every hour, by its own rota or by its cover."""
    seen: set[str] = set()
    current: str | None = role
    while current is not None and current in site.roles and current not in seen:
        seen.add(current)
        if site.roles[current].always:
            return True
        current = site.roles[current].cover
    return False


def _ladders(r: Reader, plan: Plan, site: Site, where: Said) -> None:
    red = {a.ladder for rule in plan.rules if rule.level == "red" for a in rule.acts() if isinstance(a, Escalate)}
    red |= {
        a.task.ladder
        for rule in plan.rules
        if rule.level == "red"
        for a in rule.acts()
        if isinstance(a, OpenTask) and a.task.ladder is not None
    }
    for name, ladder in plan.ladders.items():
        at: Path = ("escalations", name)
        last = len(ladder.rungs) - 1
        role = ladder.rungs[last].tell
        if name in red and role in site.roles and not _always(site, role):
            r.say("red_ladder_not_always", (*at, last, "tell"), name=name, role=role, site=where)
        for index, rung in enumerate(ladder.rungs):
            for i, channel in enumerate(rung.by):
                if channel not in site.channels:
                    known = _listed(site.channels)
                    r.say("channel_not_at_site", (*at, index, "by", i), site=where, name=channel, known=known)


def _partners(r: Reader, plan: Plan, site: Site, where: Said) -> None:
    for phase, step in all_steps(plan):
        if isinstance(step.body, HandoffBody) and step.body.partner not in site.partners:
            path = step_path(phase, step.id)
            at = (*path, "to") if r.written((*path, "to")) else (*path, "handoff")
            r.say("partner_not_at_site", at, site=where, name=step.body.partner, known=_listed(site.partners))


def _seasons(r: Reader, plan: Plan, site: Site, where: Said) -> None:
    """A season that the site does not have would never come."""
    for phase, step in all_steps(plan):
        base = step.when.base
        if isinstance(base, OncePer) and base.season is not None and base.season not in site.seasons:
            at = (*step_path(phase, step.id), "when")
            r.say("season_not_at_site", at, site=where, name=base.season, known=_listed(site.seasons))


def _contacts(r: Reader, plan: Plan, site: Site, where: Said) -> None:
    """Messages of class care that a day of a phase brings for certain: reminders of what the patient is to do."""
    caps = site.caps.get("care")
    if caps is None or caps.per_day is None:
        return
    everywhere = sum(_messages(step) for step in plan.throughout)
    for name, phase in plan.phases.items():
        count = everywhere + sum(_messages(step) for step in phase.steps)
        if count > caps.per_day:
            r.say(
                "too_many_contacts",
                ("phases", name, "steps"),
                key=True,
                name=name,
                count=count,
                kind="care",
                site=where,
                cap=caps.per_day,
            )


def _messages(step: Step) -> int:
    if isinstance(step.body, MeasureBody | AskBody):
        return per_day(step) * len(step.remind)
    return 0
