"""The sandbox that workflow code runs in, the same in workers, replays and tests.

Default restrictions, none removed. Modules pass through by full name only: passing a whole root through would hide
an import of a database or of HTTP behind it.
"""

from typing import Final

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from workflows.courier import Courier
from workflows.handoff import Handoff
from workflows.patient import PatientJourney
from workflows.sweeper import Sweeper

PASSED_THROUGH: Final = (
    "activities.contracts",
    "workflows.apply",
    "workflows.calls",
    "workflows.messages",
    "workflows.show",
)

JOURNEY_WORKFLOWS: Final[tuple[type, ...]] = (PatientJourney, Handoff)
COURIER_WORKFLOWS: Final[tuple[type, ...]] = (Courier, Sweeper)
WORKFLOWS: Final[tuple[type, ...]] = JOURNEY_WORKFLOWS + COURIER_WORKFLOWS


def workflow_runner() -> SandboxedWorkflowRunner:
    """The runner of every worker and replayer of ours."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(
        restrictions=restrictions.with_import_notification_policy(
            SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
            | SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        )
    )
