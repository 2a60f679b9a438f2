"""The registry of plans and sites: every version for ever, by the sha-256 of its canonical JSON.

A plan is approved when two people have signed its hash; published once approved. Only a published plan is followed by
real patients.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, Insert, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.contracts import PlanRef
from activities.records.schema import approval, plan, site
from activities.records.store import Store
from activities.records.types import canonical
from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE, Site

SIGNATURES: Final = 2
"""Signatures of different people that approve a plan."""


class RegistryError(Exception):
    """A programmer's error with plans: unknown hash, or a text that is not what its hash says."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a pathway as the registry knows it."""

    sha256: str
    id: str
    version: str
    stored: datetime
    published: datetime | None
    signed_by: tuple[str, ...]

    @property
    def approved(self) -> bool:
        """Whether enough people signed."""
        return len(self.signed_by) >= SIGNATURES


SignOutcome = Literal["signed", "already_signed", "unknown"]
PublishOutcome = Literal["published", "already_published", "not_approved", "unknown"]


def plan_text(value: Plan) -> str:
    """The canonical JSON of a plan, as it travels with a run."""
    return canonical(value.model_dump(mode="json"))


def site_hash(value: Site) -> str:
    """The sha-256 of a site over everything but the hash itself."""
    content = value.model_dump(mode="json", exclude={"sha256"})
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def put_plan(store: Store, value: Plan) -> str:
    """Keep a compiled plan (again is no change) and return its sha-256.

    Raises:
        RegistryError: the plan carries no hash, or the registry holds other content under it.
    """
    if not value.sha256:
        raise RegistryError("a plan without a hash was not compiled")
    text = plan_text(value)

    def work(connection: Connection) -> None:
        known = connection.scalar(select(plan.c.text).where(plan.c.sha256 == value.sha256))
        if known is None:
            row = {"sha256": value.sha256, "id": value.id, "version": value.version, "text": text}
            _insert_once(connection, insert(plan).values(**row, stored=store.now()))
        elif known != text:
            raise RegistryError("the registry holds another plan under this hash")

    for called in value.called.values():  # first, so that whoever finds this one by its hash finds those too
        put_plan(store, called)
    store.transact(work)
    return value.sha256


def put_site(store: Store, value: Site) -> str:
    """Keep a compiled site and return its sha-256."""
    sha = value.sha256 or site_hash(value)
    text = canonical(value.model_copy(update={"sha256": sha}).model_dump(mode="json"))

    def work(connection: Connection) -> None:
        if connection.scalar(select(site.c.sha256).where(site.c.sha256 == sha)) is None:
            row = {"sha256": sha, "id": value.id, "version": value.version, "text": text}
            _insert_once(connection, insert(site).values(**row, stored=store.now()))

    store.transact(work)
    return sha


def sign(store: Store, sha256: str, who: str) -> SignOutcome:
    """One person's signature over a plan's hash."""

    def work(connection: Connection) -> SignOutcome:
        if connection.scalar(select(plan.c.sha256).where(plan.c.sha256 == sha256)) is None:
            return "unknown"
        signed = select(approval.c.who).where(approval.c.sha256 == sha256, approval.c.who == who)
        if connection.scalar(signed) is not None:
            return "already_signed"
        connection.execute(insert(approval).values(sha256=sha256, who=who, at=store.now()))
        return "signed"

    return store.transact(work)


def publish(store: Store, sha256: str) -> PublishOutcome:
    """Let real patients follow an approved plan."""

    def work(connection: Connection) -> PublishOutcome:
        row = connection.execute(
            select(plan.c.published).where(plan.c.sha256 == sha256).with_for_update()
        ).one_or_none()
        if row is None:
            return "unknown"
        if row.published is not None:
            return "already_published"
        signatures = connection.scalar(select(func.count()).select_from(approval).where(approval.c.sha256 == sha256))
        if (signatures or 0) < SIGNATURES:
            return "not_approved"
        connection.execute(update(plan).where(plan.c.sha256 == sha256).values(published=store.now()))
        return "published"

    return store.transact(work)


def versions(store: Store, pathway: str | None = None) -> list[Version]:
    """Every version of a pathway (or of all), newest first."""

    def work(connection: Connection) -> list[Version]:
        query = select(plan.c.sha256, plan.c.id, plan.c.version, plan.c.stored, plan.c.published)
        if pathway is not None:
            query = query.where(plan.c.id == pathway)
        rows = connection.execute(query.order_by(plan.c.stored.desc(), plan.c.sha256)).all()
        signed: dict[str, list[str]] = {}
        for row in connection.execute(select(approval).order_by(approval.c.at)):
            signed.setdefault(row.sha256, []).append(row.who)
        return [
            Version(r.sha256, r.id, r.version, r.stored, r.published, tuple(signed.get(r.sha256, ()))) for r in rows
        ]

    return store.read(work)


class Plans:
    """Parsed plans and sites by hash, kept in memory: they never change. Threads may share one."""

    def __init__(self, store: Store, capacity: int = 64) -> None:
        self._store = store
        self._capacity = capacity
        self._lock = threading.Lock()
        self._plans: OrderedDict[str, tuple[Plan, PlanRef]] = OrderedDict()
        self._sites: dict[str, Site] = {}

    def plan(self, sha256: str) -> Plan:
        """The plan of a hash.

        Raises:
            RegistryError: the registry does not hold it.
        """
        return self._get(sha256)[0]

    def ref(self, sha256: str) -> PlanRef:
        """The plan of a hash as it travels with a run. Raises RegistryError as `plan`."""
        return self._get(sha256)[1]

    def take(self, ref: PlanRef) -> Plan:
        """The plan a run carries."""
        with self._lock:
            kept = self._plans.get(ref.sha256)
        if kept is not None:
            return kept[0]
        parsed = Plan.model_validate_json(ref.text)
        self._keep(ref.sha256, parsed, ref)
        return parsed

    def site(self, sha256: str | None) -> Site:
        """The site of a hash; none is the site without rules of its own.

        Raises:
            RegistryError: the registry does not hold it.
        """
        if sha256 is None:
            return NO_SITE
        kept = self._sites.get(sha256)
        if kept is None:
            text = self._store.read(lambda c: c.scalar(select(site.c.text).where(site.c.sha256 == sha256)))
            if text is None:
                raise RegistryError(f"no site {sha256[:12]} in the registry")
            kept = self._sites[sha256] = Site.model_validate_json(text)
        return kept

    def _get(self, sha256: str) -> tuple[Plan, PlanRef]:
        with self._lock:
            kept = self._plans.get(sha256)
            if kept is not None:
                self._plans.move_to_end(sha256)
                return kept
        row = self._store.read(lambda c: c.execute(select(plan).where(plan.c.sha256 == sha256)).one_or_none())
        if row is None:
            raise RegistryError(f"no plan {sha256[:12]} in the registry")
        parsed = Plan.model_validate_json(row.text)
        ref = PlanRef(sha256=sha256, pathway=row.id, version=row.version, text=row.text)
        self._keep(sha256, parsed, ref)
        return parsed, ref

    def _keep(self, sha256: str, parsed: Plan, ref: PlanRef) -> None:
        with self._lock:
            self._plans[sha256] = (parsed, ref)
            while len(self._plans) > self._capacity:
                self._plans.popitem(last=False)


def _insert_once(connection: Connection, statement: Insert) -> None:
    """Insert content-addressed data; that another process did so at this moment is as good."""
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:
        return
