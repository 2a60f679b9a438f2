"""Ticks as the ledger keeps them: found again, answered from, or loudly not what the run thinks they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from activities.contracts import TickInput, TickResult, VerdictMessage
from activities.records import audit
from activities.records.effects import BY_TICK
from activities.records.ledger import Sealer
from activities.records.schema import inbox, incident, tick, verdict
from activities.records.types import canonical

_NOT_STORED: Final = VerdictMessage(
    done=False, code="not_stored", en="This command was not stored; send it again.", zh="该指令未被保存，请重新提交。"
)
KEPT: Final = 200
"""Results kept per journey at least: more than two runs make between them (a test compares with the workflow)."""
TRIM_EVERY: Final = 20
_TAKEN: Final = VerdictMessage(done=True, code="taken", en="Taken into account.", zh="已记录。")


class LedgerMismatchError(Exception):
    """The ledger holds other content under this tick's key, or does not stand where the run thinks it stands."""


def tick_hash(chain: str, plans: Sequence[str], cursor: int) -> str:
    """The content hash of a tick: the chain of earlier results, the plans it was given, the cursor."""
    return hashlib.sha256(canonical([chain, sorted(plans), cursor]).encode()).hexdigest()


def found(connection: Connection, sealer: Sealer, given: TickInput, row: Any) -> TickResult | None:
    """The result of this tick where it was written before; None where it is the next one.

    Raises:
        LedgerMismatchError: it is neither.
    """
    mine = (tick.c.journey == given.journey) & (tick.c.epoch == given.epoch)
    kept = connection.execute(select(tick).where(mine, tick.c.sequence == given.sequence)).one_or_none()
    if kept is not None:
        # A normal activity carries no plans: the tick it may find was then given those the ledger noted.
        plans = kept.plans if given.plans is None else [ref.sha256 for ref in given.plans]
        if tick_hash(given.chain, plans, given.cursor) != kept.hash:
            raise LedgerMismatchError("other content stands under this tick's key")
        if not kept.result_sealed:
            raise LedgerMismatchError("the result of this tick was trimmed: its run is long over")
        result = TickResult.model_validate(sealer.open("tick.result", kept.result_sealed))
        # What the ledger says now is newer than what this tick said: a command may have been stored since.
        told = {**result.verdicts, **answers(connection, sealer, given, row.cursor)}
        return result.model_copy(update={"replayed": True, "verdicts": told})
    if _restarts(given, row):
        return None
    if (given.epoch, given.sequence, given.chain, given.cursor) != (row.epoch, row.sequence, row.chain, row.cursor):
        raise LedgerMismatchError("the ledger does not stand where this run stands")
    return None


def _restarts(given: TickInput, row: Any) -> bool:
    """Whether this is the first tick of a new epoch: a run that begins again from the ledger, with empty hands."""
    return bool(given.epoch > row.epoch and given.sequence == 0 and given.state is None and not given.chain)


def trim(connection: Connection, given: TickInput, keep: int) -> None:
    """Forget the results of ticks that no run can ask for any more; that there was a tick, when and why, stays.

    A run asks for its own ticks only: again after a crash, and all of them when it is reset. It continues as new after
    ``TICKS_PER_RUN`` of them at the latest, so this run and those just before it are kept. What was decided stands in
    timeline, explanations, audit and verdicts for good.
    """
    last = given.sequence - keep
    if last < 0 or given.sequence % TRIM_EVERY:
        return
    old = (tick.c.epoch < given.epoch) | ((tick.c.epoch == given.epoch) & (tick.c.sequence <= last))
    full = func.length(tick.c.result_sealed) > 0
    connection.execute(update(tick).where(tick.c.journey == given.journey, old, full).values(result_sealed=b""))


def answers(connection: Connection, sealer: Sealer, given: TickInput, cursor: int) -> dict[str, VerdictMessage]:
    """The verdicts of earlier ticks on the commands somebody waits for; a command not seen yet has none here."""
    if not given.wanted:
        return {}
    out: dict[str, VerdictMessage] = {}
    mine = verdict.c.journey == given.journey
    for row in connection.execute(select(verdict).where(mine, verdict.c.command.in_(given.wanted))):
        words = sealer.open("verdict.text", row.text_sealed)
        out[row.command] = VerdictMessage(done=row.done, code=row.code, en=words["en"], zh=words["zh"])
    stored = {
        row.id: row.seq
        for row in connection.execute(
            select(inbox.c.id, inbox.c.seq).where(inbox.c.journey == given.journey, inbox.c.id.in_(given.wanted))
        )
    }
    for command in given.wanted:
        if command in out:
            continue
        if command not in stored:
            out[command] = _NOT_STORED
        elif stored[command] <= cursor:
            out[command] = _TAKEN
    return out


def alarm(connection: Connection, sealer: Sealer, given: TickInput, wall: datetime) -> None:
    """Raise the incident of a tick that does not fit the ledger, once."""
    key = f"{given.journey}:ledger_mismatch:{given.epoch}.{given.sequence}"
    if connection.scalar(select(incident.c.key).where(incident.c.key == key)) is not None:
        return
    words = {"en": "The run and the ledger of this patient do not agree.", "zh": "该患者的流程与记录不一致。"}
    sealed = sealer.seal("incident.text", words)
    connection.execute(
        insert(incident).values(key=key, journey=given.journey, kind="ledger_mismatch", at=wall, text_sealed=sealed)
    )
    audit.append(connection, sealer, given.journey, wall, [audit.Entry(BY_TICK, "incident_ledger_mismatch", key)])
