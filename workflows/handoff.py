"""Handoff: one conversation with one partner, from the first word to the last.

It sends, hears callbacks (stored by the API, then a ``wake``), asks when nothing is heard, and asks for cancellation.
The activity writes the partner's reports to the journey's inbox and wakes the journey where it waits for them.
Deadlines and fallbacks belong to the journey; what the partner's states mean stands in the published machine that the
activity follows.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Literal

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.contracts import HANDOFF_STEP, ChildCancel, HandoffStepInput, HandoffStepResult
    from workflows import calls, show
    from workflows.messages import CANCEL, HANDOFF, POKE, WAKE, HandoffInput

Action = Literal["send", "query", "cancel", "apply"]

STEPS_PER_RUN: Final = 60
# After an error that no retry mends, the conversation is taken up again: the partner or the worker may be repaired.
FAILED_PAUSE: Final = 600.0
SHORTEST_POLL: Final = 0.05
ASK_AGAIN: Final = "Next: ask the partner again / 下一步：再次询问合作方"


@workflow.defn(name=HANDOFF)
class Handoff:
    """One conversation. Workflow id: ``<patient key>.h.<number>``."""

    @workflow.init
    def __init__(self, given: HandoffInput) -> None:
        self._now = given
        self._steps = 0
        self._said = ""

    @workflow.signal(name=WAKE)
    def wake(self) -> None:
        """A callback of the partner was stored."""
        self._now.woken = True

    @workflow.signal(name=POKE)
    def poke(self) -> None:
        """Try again now: for the person who repaired something."""
        self._now.poll_after = 0.0

    @workflow.signal(name=CANCEL)
    def cancel(self, request: ChildCancel) -> None:
        """The journey no longer wants it: the partner is asked, which is a request and not a fact."""
        del request  # the row in the store says why
        self._now.cancelled = True

    @workflow.run
    async def run(self, given: HandoffInput) -> str:
        """Speak until the conversation is over; returns the partner's last state."""
        del given  # taken over in __init__
        self._show("")
        while True:
            if await self._step(await self._next_action()):
                return self._now.state
            if self._steps >= STEPS_PER_RUN or workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._now)

    async def _next_action(self) -> Action:
        """What to say next; waits while there is nothing to say."""
        if not self._cancel_wanted() and not self._now.woken and self._now.poll_after > 0:
            with suppress(TimeoutError):  # nothing was heard: ask
                await workflow.wait_condition(
                    lambda: self._cancel_wanted() or self._now.woken or self._now.poll_after <= 0,
                    timeout=max(self._now.poll_after, SHORTEST_POLL),
                    timeout_summary=show.summary(self._said or self._now.state or self._now.title, ASK_AGAIN),
                )
        if self._cancel_wanted():
            return "cancel"
        if self._now.woken:
            return "apply"
        return "query" if self._now.state else "send"

    async def _step(self, action: Action) -> bool:
        """Take one step; True when the conversation is over."""
        if action == "apply":
            self._now.woken = False
        self._now.tries += 1
        self._steps += 1
        try:
            result = await self._say(action)
        except FailureError as error:
            if not is_cancelled_exception(error):
                self._now.poll_after = FAILED_PAUSE
                self._show(calls.failure_type(error))
                workflow.logger.error("handoff step failed", extra={"code": calls.failure_type(error)})
                return False
            if workflow.cancellation_reason() is not None:
                raise
            return False  # our own cancellation, for the journey's sake: the next action is "cancel"
        if result is None:
            return False
        if action == "cancel":
            self._now.asked = True
        self._now.state = result.state
        self._now.poll_after = max(result.poll_after, SHORTEST_POLL)
        self._show(result.summary)
        return result.final

    async def _say(self, action: Action) -> HandoffStepResult | None:
        """Have a step taken; None when a cancellation has to come first."""
        given = HandoffStepInput(journey=self._now.journey, number=self._now.number, key=self._now.key, action=action)
        result = await calls.step_locally(given)
        if result is not None:
            return result
        if action != "cancel" and self._cancel_wanted():
            return None
        step = workflow.start_activity(
            HANDOFF_STEP.name,
            given,
            result_type=HandoffStepResult,
            start_to_close_timeout=HANDOFF_STEP.start_to_close,
            retry_policy=calls.retry(HANDOFF_STEP),
            # A try under way comes to its end before "cancel" is said: two voices at once would confuse the partner.
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=show.summary(self._now.title, action),
        )
        if action != "cancel":
            # A partner who is away for days must not keep a cancellation waiting behind a try that is repeated.
            await workflow.wait_condition(lambda: step.done() or self._cancel_wanted())
            if not step.done():
                step.cancel()
        said: HandoffStepResult = await step
        return said

    def _cancel_wanted(self) -> bool:
        return self._now.cancelled and not self._now.asked

    def _show(self, said: str) -> None:
        self._said = said
        lines = [f"**{self._now.title}**", said or self._now.state, f"Steps / 次数: {self._now.tries}"]
        workflow.set_current_details(show.details("  \n".join(lines)))
