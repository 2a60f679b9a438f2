"""PatientJourney: one run per patient, for as long as the patient is known.

A loop: wait for the next due instant, a wake or a person's command; tick; take over the recorded result; show it;
set one timer. Every decision is made in the activity ``tick`` and recorded; here stands no clinical rule and no
clock. Only the loop ticks: the handlers leave word and wait for its next tick.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.contracts import TickInput, TickResult, VerdictMessage
    from workflows import calls, show
    from workflows.apply import apply
    from workflows.messages import ACT, JOURNEY, NOT_STORED, POKE, STATE, WAKE, ActRequest, JourneyInput, JourneyView

TICKS_PER_RUN: Final = 50
AGE_OF_RUN: Final = timedelta(days=90)
BYTES_PER_RUN: Final = 256 * 1024
VERDICTS_KEPT: Final = 50
LONGEST_COMMAND_ID: Final = 200

# Ticks that follow each other without a wait all live in one workflow task, which grows without a bound and is
# invisible from outside; after so many a timer ends it.
UNBROKEN_TICKS: Final = 20
BREATH: Final = timedelta(milliseconds=1)
# A tick that left work and took none of it would be called again at once, for ever: ever longer pauses.
STALLED_FIRST: Final = timedelta(seconds=1)
STALLED_LONGEST: Final = timedelta(minutes=1)
# A halted run looks again by itself, so that a repaired worker needs no hand on every patient.
HALTED_FIRST: Final = timedelta(minutes=10)
HALTED_LONGEST: Final = timedelta(hours=6)


@dataclass(slots=True)
class _Asked:
    """An open ``act`` handler: the loop leaves the verdict here."""

    command: str
    verdict: VerdictMessage | None = None


@workflow.defn(name=JOURNEY)
class PatientJourney:
    """One patient's run. Workflow id: the opaque patient key."""

    @workflow.init
    def __init__(self, given: JourneyInput) -> None:
        self._journey = given.journey
        self._epoch = given.epoch
        self._sequence = given.sequence
        self._chain = given.chain
        self._cursor = given.cursor
        self._state = given.state
        self._plans = {plan.sha256: plan for plan in given.plans}
        self._next_due = None if given.next_due is None else datetime.fromtimestamp(given.next_due, UTC)
        self._woken = given.wake
        self._verdicts = dict(given.verdicts)
        self._decided = given.decided
        self._next = given.next
        self._attributes = dict(given.attributes)
        self._sheet = given.sheet
        self._fallbacks = given.fallbacks
        self._asked: list[_Asked] = []
        self._ticks = 0
        self._unbroken = 0
        self._more = False
        self._stalls = 0
        self._halted = ""
        self._halts = 0
        self._poked = False
        self._bytes_at_start = workflow.info().get_current_history_size()

    @workflow.signal(name=WAKE)
    def wake(self) -> None:
        """Something was stored in the inbox."""
        self._woken = True

    @workflow.signal(name=POKE)
    def poke(self) -> None:
        """Try again now: for the person who repaired a halted run."""
        self._poked = True
        self._woken = True

    @workflow.update(name=ACT)
    async def act(self, request: ActRequest) -> VerdictMessage:
        """Answer a command that stands in the inbox; the update's id is the command's."""
        known = self._verdicts.get(request.command)
        if known is not None:
            return known
        if self._halted:
            return show.REFUSED_HALTED
        asked = _Asked(request.command)
        self._asked.append(asked)
        await workflow.wait_condition(lambda: asked.verdict is not None)
        return asked.verdict or show.REFUSED_NOT_STORED

    @act.validator
    def _refuse_unreadable(self, request: ActRequest) -> None:
        if not 0 < len(request.command) <= LONGEST_COMMAND_ID:
            raise ValueError(f"a command id has 1 to {LONGEST_COMMAND_ID} characters")

    @workflow.query(name=STATE)
    def view(self) -> JourneyView:
        """Where this run stands."""
        return JourneyView(
            journey=self._journey,
            epoch=self._epoch,
            sequence=self._sequence,
            cursor=self._cursor,
            chain=self._chain,
            state=self._state or {},
            decided=self._decided,
            next=self._next,
            next_due=None if self._next_due is None else self._next_due.timestamp(),
            ticks_in_run=self._ticks,
            fallbacks=self._fallbacks,
            halted=self._halted,
        )

    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        """Look after the patient; ends only by continue-as-new, or when cancelled from outside."""
        del given  # taken over in __init__, so that handlers that run first see it
        workflow.set_current_details(show.details(self._sheet))
        try:
            while True:
                await self._rest()
                await self._tick()
                if self._budget_spent():
                    # A handler that is open may need one more tick: waiting for it alone would never end.
                    await workflow.wait_condition(lambda: bool(self._asked) or workflow.all_handlers_finished())
                    if not self._asked:
                        workflow.continue_as_new(self._carried())
        except (asyncio.CancelledError, FailureError) as error:
            if is_cancelled_exception(error):
                self._answer_all(show.REFUSED_CANCELLED)
                await workflow.wait_condition(workflow.all_handlers_finished)
            raise

    async def _rest(self) -> None:
        """Wait until there is something to do: one timer, whose summary tells what was decided and what is next."""
        if self._stalls or self._unbroken >= UNBROKEN_TICKS:
            pause = min(STALLED_FIRST * 2 ** min(self._stalls - 1, 10), STALLED_LONGEST) if self._stalls else BREATH
            await workflow.sleep(pause, summary="Working through what is due")
            self._unbroken = 0
            return
        due_in = None if self._next_due is None else self._next_due - workflow.now()
        if self._woken or self._asked or self._more or (due_in is not None and due_in <= timedelta(0)):
            return
        with suppress(TimeoutError):  # the timer is the reason to go on
            await workflow.wait_condition(
                lambda: self._woken or bool(self._asked),
                timeout=due_in,
                timeout_summary=show.summary(self._decided, self._next),
            )
        self._unbroken = 0

    async def _tick(self) -> None:
        asked = list(self._asked)
        cause = "command" if asked else "wake" if self._woken else "more" if self._more else "due"
        self._woken = False
        try:
            result = await self._decide(asked, cause)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            await self._halt(calls.failure_type(error))
            return
        self._take(result)
        self._answer(asked, result)
        for start in result.start:
            await calls.start_handoff(self._journey, start)
        for cancel in result.cancel:
            await calls.cancel_handoff(self._journey, cancel)

    async def _decide(self, asked: list[_Asked], cause: str) -> TickResult:
        given = TickInput(
            journey=self._journey,
            epoch=self._epoch,
            sequence=self._sequence,
            chain=self._chain,
            cursor=self._cursor,
            state=self._state,
            plans=list(self._plans.values()),
            wanted=[one.command for one in asked],
            cause=cause,
            published=self._attributes,
        )
        result = await calls.tick_locally(given)
        if result is None:
            self._fallbacks += 1
            result = await calls.tick_visibly(given)
        return result

    def _take(self, result: TickResult) -> None:
        """Take a recorded result over by assignment, and show it."""
        progress = result.cursor != self._cursor or result.next_due != self._next_due
        self._state = apply(self._state or {}, result.delta)
        for sha256 in result.drop_plans:
            self._plans.pop(sha256, None)
        self._plans.update({plan.sha256: plan for plan in result.new_plans})
        self._sequence += 1
        self._chain = result.chain
        self._cursor = result.cursor
        self._next_due = result.next_due
        self._more = result.more
        overdue = result.next_due is not None and result.next_due <= workflow.now()
        self._stalls = self._stalls + 1 if (result.more or overdue) and not progress else 0
        # Ticks without a wait between them have one timer, which tells what all of them decided. After a tick in which
        # nothing happened it tells what was decided last.
        self._decided = show.joined(self._decided if self._unbroken else "", result.show.decided) or self._decided
        self._next = result.show.next
        self._sheet = result.show.sheet
        self._halted = ""
        self._halts = 0
        self._ticks += 1
        self._unbroken += 1
        workflow.set_current_details(show.details(self._sheet))
        self._publish(show.attributes(result.show, self._attributes))

    def _publish(self, attributes: dict[str, show.Json]) -> None:
        updates = show.changes(self._attributes, attributes)
        if updates:
            workflow.upsert_search_attributes(updates)
            self._attributes = attributes

    def _answer(self, asked: list[_Asked], result: TickResult) -> None:
        """Give open handlers their verdicts. A complete tick without one means: not stored.

        A result found in the ledger was made before this tick was asked: it proves nothing about the asked.
        """
        # "Not stored" is about this moment: remembered, it would be said of a command stored since.
        self._verdicts.update({id_: said for id_, said in result.verdicts.items() if said.code != NOT_STORED})
        for old in list(self._verdicts)[:-VERDICTS_KEPT]:
            del self._verdicts[old]
        complete = not result.more and not result.replayed
        for one in asked:
            one.verdict = result.verdicts.get(one.command) or (show.REFUSED_NOT_STORED if complete else None)
        self._asked = [one for one in self._asked if one.verdict is None]

    def _answer_all(self, verdict: VerdictMessage) -> None:
        for one in self._asked:
            one.verdict = verdict
        self._asked = []

    async def _halt(self, code: str) -> None:
        """The ledger and this run do not agree: say so loudly and wait for a repair. Never fail the run."""
        self._halted = code
        self._poked = False
        workflow.logger.error("journey halted", extra={"code": code, "sequence": self._sequence})
        workflow.set_current_details(show.details(show.halted_sheet(code, self._sheet)))
        self._publish(show.halted_attributes(self._attributes))
        self._answer_all(show.REFUSED_HALTED)
        pause = min(HALTED_FIRST * 2 ** min(self._halts, 10), HALTED_LONGEST)
        self._halts += 1
        with suppress(TimeoutError):  # look again by itself
            await workflow.wait_condition(
                lambda: self._poked, timeout=pause, timeout_summary=f"Halted ({code}). Next: look again"
            )
        self._woken = True

    def _budget_spent(self) -> bool:
        info = workflow.info()
        return (
            self._ticks >= TICKS_PER_RUN
            or workflow.now() - info.start_time >= AGE_OF_RUN
            or info.get_current_history_size() - self._bytes_at_start >= BYTES_PER_RUN
            or info.is_continue_as_new_suggested()
        )

    def _carried(self) -> JourneyInput:
        """Everything, for the next run."""
        return JourneyInput(
            journey=self._journey,
            epoch=self._epoch,
            sequence=self._sequence,
            chain=self._chain,
            cursor=self._cursor,
            state=self._state,
            plans=list(self._plans.values()),
            next_due=None if self._next_due is None else self._next_due.timestamp(),
            wake=self._woken or self._more,
            verdicts=self._verdicts,
            decided=self._decided,
            next=self._next,
            attributes=self._attributes,
            sheet=self._sheet,
            fallbacks=self._fallbacks,
        )
