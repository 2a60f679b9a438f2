"""The watchdog: outside Temporal, it looks whether the sweeper lives and how late the oldest overdue thing is.

It needs the store only. What it finds is a loud failure: an incident, and a word to staff on the channels outside the
store, sent directly and not through the courier it watches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Connection, insert, select

from activities.incidents import waiting_since
from activities.keys.keyring import SYSTEM
from activities.messaging.channels import Channels
from activities.messaging.ports import Letter, Sent, opaque
from activities.messaging.wording import subject
from activities.records.ledger import Ledger
from activities.records.schema import heartbeat, incident
from activities.sweep import SWEEPER, Overdue, overdue
from pathways.lang.plan_base import Text

Code = Literal["sweeper-silent", "event-unseen", "journey-overdue", "message-late", "start-late", "incident-open"]

_TEXTS: Final[Mapping[Code, Text]] = {
    "sweeper-silent": Text(
        en="The sweeper has been silent for {seconds} s: nobody finds lost work now. Look at Temporal and the workers.",
        zh="清扫程序已 {seconds} 秒没有心跳：目前无人查找遗漏的工作。请检查 Temporal 与工作进程。",
    ),
    "event-unseen": Text(
        en="An event has waited {seconds} s for its patient's run. Look at the workers.",
        zh="有事件已等待患者流程处理 {seconds} 秒。请检查工作进程。",
    ),
    "journey-overdue": Text(
        en="A patient's next step is {seconds} s late. Look at Temporal and the workers.",
        zh="有患者的下一步已迟 {seconds} 秒。请检查 Temporal 与工作进程。",
    ),
    "message-late": Text(
        en="A message is {seconds} s late. Look at the couriers and their channels.",
        zh="有消息已迟发 {seconds} 秒。请检查发送程序及其渠道。",
    ),
    "start-late": Text(
        en="An enrolment was stored {seconds} s ago and has not been started. Look at Temporal.",
        zh="有登记已保存 {seconds} 秒仍未启动。请检查 Temporal。",
    ),
    "incident-open": Text(
        en="An incident has waited {seconds} s for somebody. List them with `carepath incident list`, and take it.",
        zh="有事件已等待处理 {seconds} 秒。请用 `carepath incident list` 查看并接手。",
    ),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds beyond which it is a finding."""

    sweeper: float = 60.0
    overdue: float = 120.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is late: by how much, and how much is allowed."""

    code: Code
    seconds: float
    limit: float

    def text(self) -> Text:
        """For people."""
        words, seconds = _TEXTS[self.code], round(self.seconds)
        return Text(en=words.en.format(seconds=seconds), zh=words.zh.format(seconds=seconds))


@dataclass(frozen=True, slots=True)
class Report:
    """What the watchdog saw at ``at``. ``sweeper``: seconds since its last sign of life; None: never one. ``incident``:
    for how long the oldest one waits for somebody."""

    at: datetime
    sweeper: float | None
    late: Overdue
    incident: float
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is late."""
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "healthy": self.healthy,
            "at": self.at.isoformat(),
            "sweeper_seconds": self.sweeper,
            "overdue_seconds": {
                "event": self.late.unseen_event,
                "journey": self.late.journey,
                "message": self.late.message,
                "start": self.late.start,
                "incident": self.incident,
            },
            "findings": [{"code": f.code, "seconds": f.seconds, "limit": f.limit} for f in self.findings],
        }

    def prometheus(self) -> bytes:
        """As Prometheus' text format."""
        registry = CollectorRegistry()
        healthy = Gauge("carepath_watchdog_healthy", "1 when nothing is late", registry=registry)
        healthy.set(self.healthy)
        sweeper = Gauge("carepath_sweeper_silent_seconds", "Since the sweeper's last sign of life", registry=registry)
        sweeper.set(float("inf") if self.sweeper is None else self.sweeper)
        late = Gauge("carepath_overdue_seconds", "Lateness of the oldest overdue thing", ["kind"], registry=registry)
        for kind, seconds in self.to_json()["overdue_seconds"].items():
            late.labels(kind).set(seconds)
        return generate_latest(registry)


def examine(ledger: Ledger, limits: Limits) -> Report:
    """Look once.

    Raises:
        StoreUnavailableError: the records are away, which is for the caller to shout about.
    """
    now = ledger.store.now()

    def look(connection: Connection) -> tuple[datetime | None, Overdue, datetime | None]:
        seen = connection.scalar(select(heartbeat.c.at).where(heartbeat.c.name == SWEEPER))
        return seen, overdue(connection, now), waiting_since(connection)

    seen, late, raised = ledger.store.read(look)
    waits = 0.0 if raised is None else max(0.001, (now - raised).total_seconds())
    silent = None if seen is None else max(0.0, (now - seen).total_seconds())
    found: list[tuple[Code, float, float]] = [
        ("sweeper-silent", limits.sweeper + 1 if silent is None else silent, limits.sweeper),
        ("event-unseen", late.unseen_event, limits.overdue),
        ("journey-overdue", late.journey, limits.overdue),
        ("message-late", late.message, limits.overdue),
        ("start-late", late.start, limits.overdue),
        ("incident-open", waits, 0.0),
    ]
    findings = tuple(Finding(code, seconds, limit) for code, seconds, limit in found if seconds > limit)
    return Report(now, silent, late, waits, findings)


REPEAT: Final = timedelta(hours=1)
"""The same finding is told again after so long."""


async def alarm(ledger: Ledger, channels: Channels, report: Report) -> list[Finding]:
    """Raise an incident for every finding not raised within the last hour, and tell staff. Gives those raised."""
    fresh = await asyncio.to_thread(_raise, ledger, report)
    for finding in fresh:
        await _tell(channels, finding, report.at)
    return fresh


def _raise(ledger: Ledger, report: Report) -> list[Finding]:
    sealer = ledger.keys(SYSTEM)

    def work(connection: Connection) -> list[Finding]:
        fresh = []
        for finding in report.findings:
            kind = f"watchdog_{finding.code}"
            recent = select(incident.c.key).where(incident.c.kind == kind, incident.c.at > report.at - REPEAT)
            if connection.scalar(recent.limit(1)) is not None:
                continue
            words = finding.text()
            connection.execute(
                insert(incident).values(
                    key=_key(finding, report.at),
                    journey=SYSTEM,
                    kind=kind,
                    at=report.at,
                    text_sealed=sealer.seal("incident.text", {"en": words.en, "zh": words.zh}),
                )
            )
            fresh.append(finding)
        return fresh

    return ledger.store.transact(work)


def _key(finding: Finding, at: datetime) -> str:
    return f"watchdog:{finding.code}:{int(at.timestamp())}"


async def _tell(channels: Channels, finding: Finding, at: datetime) -> int:
    """Tell every staff address on every channel outside the store; how many took it."""
    taken = 0
    for member in channels.addresses.staff.values():
        for name, channel in channels.outside.items():
            for address in member.at(name):
                letter = Letter(
                    key=f"{_key(finding, at)}|{opaque(address)}",
                    address=address,
                    message_class="red",
                    language=member.language,
                    subject=subject("staff", member.language),
                    text=finding.text().in_language(member.language),
                )
                taken += isinstance(await channel.send(letter), Sent)
    return taken


def summary(reports: Sequence[Finding], language: str) -> str:
    """Findings as lines for a terminal."""
    return "\n".join(f"{finding.code}: {finding.text().in_language(language)}" for finding in reports)
