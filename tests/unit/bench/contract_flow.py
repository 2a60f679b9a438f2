"""A small workflow that does everything the virtual driver knows, run on the real server and on the driver."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError

TIER = SearchAttributeKey.for_keyword("CareTier")


@activity.defn(name="contract.echo")
def echo(word: str) -> str:
    return f"echo {word}"


@activity.defn(name="contract.refuse")
def refuse(word: str) -> str:
    raise ApplicationError(f"no {word}", type="Refused", non_retryable=True)


@workflow.defn(name="ContractChild", sandboxed=True)
class ContractChild:
    def __init__(self) -> None:
        self.go = False

    @workflow.signal
    def go_on(self, word: str) -> None:
        del word
        self.go = True

    @workflow.run
    async def run(self, parent: str) -> str:
        await workflow.get_external_workflow_handle(parent).signal("hello", "from the child")
        await workflow.wait_condition(lambda: self.go)
        return "child done"


@workflow.defn(name="Contract", sandboxed=True)
class Contract:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.asked: list[str] = []

    @workflow.signal
    def hello(self, word: str) -> None:
        self.heard.append(word)

    @workflow.update
    async def ask(self, word: str) -> str:
        self.asked.append(word)
        answer: str = await workflow.execute_local_activity(
            "contract.echo", word, schedule_to_close_timeout=timedelta(seconds=5), result_type=str
        )
        return answer

    @ask.validator
    def _judge(self, word: str) -> None:
        if word == "bad":
            raise ValueError("bad word")

    @workflow.run
    async def run(self, rounds: int) -> str:
        if rounds:
            await self._everything()
            workflow.continue_as_new(rounds - 1)
        return "over"

    async def _everything(self) -> None:
        workflow.set_current_details("going")
        # A timer that fires, then a local and a normal activity.
        await workflow.sleep(0.05, summary="Resting")
        await workflow.execute_local_activity(
            "contract.echo", "local", schedule_to_close_timeout=timedelta(seconds=5), summary="A local one"
        )
        await workflow.execute_activity(
            "contract.echo", "normal", start_to_close_timeout=timedelta(seconds=5), summary="A normal one"
        )
        with suppress(FailureError):
            await workflow.execute_activity(
                "contract.refuse",
                "way",
                start_to_close_timeout=timedelta(seconds=5),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        with suppress(FailureError):
            await workflow.execute_local_activity(
                "contract.refuse", "way", schedule_to_close_timeout=timedelta(seconds=5)
            )
        workflow.upsert_search_attributes([TIER.value_set("mild")])
        # A timer that a signal cancels.
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: "one" in self.heard, timeout=3600, timeout_summary="Waiting for one"
            )
        # An update, handled while the run waits.
        await workflow.wait_condition(lambda: bool(self.asked) and workflow.all_handlers_finished())
        # A child that signals back, and is signalled.
        me = workflow.info().workflow_id
        child = await workflow.start_child_workflow(
            "ContractChild", me, id=f"{me}.h.1", static_summary="A child", result_type=str
        )
        await workflow.wait_condition(lambda: "from the child" in self.heard)
        await child.signal("go_on", "please")
        await child
