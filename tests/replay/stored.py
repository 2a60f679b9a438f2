"""Stored histories: how they are kept, opened and replayed. Each was recorded on a real server by `make_histories`."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.common import HeaderCodecBehavior
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from activities.keys.sealing import KeyUnknownError, OwnerKeys, owner_keys
from worker.codec import data_converter
from worker.sandbox import WORKFLOWS, workflow_runner

HISTORIES: Final = Path(__file__).parent / "histories"
KEY_FILE: Final = HISTORIES / "keys.json"


class TestKeys:
    """The keys of the stored histories. They seal nothing but these files and stand in clear beside them."""

    __test__ = False

    def __init__(self, keys: dict[str, bytes]) -> None:
        self.keys = keys

    @classmethod
    def read(cls) -> TestKeys:
        stored: dict[str, str] = json.loads(KEY_FILE.read_text(encoding="utf-8"))
        return cls({owner: base64.b64decode(key) for owner, key in stored.items()})

    def write(self) -> None:
        stored = {owner: base64.b64encode(key).decode() for owner, key in sorted(self.keys.items())}
        KEY_FILE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")

    def of(self, owner: str) -> OwnerKeys:
        if owner not in self.keys:
            raise KeyUnknownError("no stored history belongs to this owner")
        return owner_keys(owner, {1: self.keys[owner]})

    def forget(self, owner: str) -> None:
        """Nothing to look at again."""


@dataclass(frozen=True)
class Stored:
    """One recorded run: ``view`` is what it answered to the query ``state`` at the end of ``history``."""

    name: str
    workflow_id: str
    view: dict[str, Any] | None
    history: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Stored:
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(path.stem, data["workflow_id"], data["view"], data["history"])

    def write(self) -> None:
        data = {"workflow_id": self.workflow_id, "view": self.view, "history": _without_machine(self.history)}
        text = json.dumps(data, separators=(",", ":"), sort_keys=True)
        (HISTORIES / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")

    def events(self) -> WorkflowHistory:
        return WorkflowHistory.from_json(self.workflow_id, self.history)


def _without_machine(value: Any) -> Any:
    """A history without the names of the machine and the process it was recorded on."""
    if isinstance(value, dict):
        return {key: _without_machine(item) for key, item in value.items() if key not in {"identity", "binaryChecksum"}}
    if isinstance(value, list):
        return [_without_machine(item) for item in value]
    return re.sub(r"^\d+@[^-]+", "worker", value) if isinstance(value, str) else value


def all_stored() -> list[Stored]:
    return [Stored.read(path) for path in sorted(HISTORIES.glob("*.json")) if path != KEY_FILE]


SEEN: Final[list[Any]] = []


class _Keep(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        SEEN.append(workflow.instance())
        return await super().execute_workflow(input)


class KeepInstance(Interceptor):
    """Keeps the replayed object, so that a test can ask for its state afterwards."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        return _Keep


async def replay(stored: Stored, workflows: tuple[type, ...] = WORKFLOWS) -> None:
    """Replay in the sandbox, as a worker does. Raises what the replay raises."""
    replayer = Replayer(
        workflows=workflows,
        workflow_runner=workflow_runner(),
        data_converter=data_converter(TestKeys.read()),
        header_codec_behavior=HeaderCodecBehavior.CODEC,
    )
    await replayer.replay_workflow(stored.events())


async def replayed(stored: Stored, workflows: tuple[type, ...] = WORKFLOWS) -> Any:
    """Replay outside the sandbox and give the workflow object as it stood at the end of the history."""
    SEEN.clear()
    replayer = Replayer(
        workflows=workflows,
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=data_converter(TestKeys.read()),
        header_codec_behavior=HeaderCodecBehavior.CODEC,
        interceptors=[KeepInstance()],
    )
    await replayer.replay_workflow(stored.events())
    return SEEN[-1]


