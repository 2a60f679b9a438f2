"""Which command lives in which module.

Modules are imported only when their command runs: `carepath check` must start in a moment, and `temporalio` or
`numpy` take longer to import than the check itself. A module that does not exist yet is simply not listed.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: where it is, and the line `carepath --help` says about it.

    `target` is `module:attribute`. The attribute is a Typer app (a group, or one command) or a plain function.
    """

    target: str
    help: str

    @property
    def module(self) -> str:
        """The module to import."""
        return self.target.partition(":")[0]

    @property
    def attribute(self) -> str:
        """The name in that module."""
        return self.target.partition(":")[2]

    def exists(self) -> bool:
        """Whether the module is part of this installation; it is not imported."""
        return importlib.util.find_spec(self.module) is not None


def _entry(name: str, text: str) -> tuple[str, Entry]:
    return name, Entry(f"carepath.commands.{name}:app", text)


COMMANDS: Final[Mapping[str, Entry]] = dict(
    (
        _entry("new", "Begin a pathway: a few questions, and a pathway that passes the check."),
        _entry("check", "Parse, validate, resolve and check pathways and sites."),
        _entry("plan", "Show the compiled plan of a pathway."),
        _entry("lsp", "Serve an editor: findings while typing, completion, hover, definition, rename."),
        _entry("mcp", "Serve a model that helps an author: list, schema, check, explain, expand, simulate."),
        _entry("schema", "Print the JSON Schema of pathways or sites, for editors."),
        _entry("diff", "Say what changes for patients between two versions of a pathway."),
        _entry("expand", "List the occurrences of a pathway if all goes to plan."),
        _entry("test", "Run the scenarios of a pathway on the decider."),
        _entry("rehearse", "Walk one patient through at a prompt: jump in time, answer, go silent, take back."),
        _entry("evaluate", "Judge the rules of a pathway over one patient's FHIR bundle."),
        _entry("fhir", "Import and export FHIR definitions, and say what does not come over."),
        _entry("simulate", "Look after a made-up population in virtual time."),
        _entry("readings", "Validate or ingest a device document or file."),
        _entry("enrol", "Enrol a patient in a pathway."),
        _entry("patient", "Show a patient: state, timeline, and why."),
        _entry("task", "List, claim and complete tasks."),
        _entry("incident", "List what no pathway can mend, and take it in hand."),
        _entry("pause", "Pause a patient's pathway."),
        _entry("resume", "Resume a paused pathway."),
        _entry("withdraw", "Withdraw a patient from a pathway."),
        _entry("approve", "Sign a compiled plan."),
        _entry("publish", "Publish an approved plan."),
        _entry("versions", "List the versions of a pathway."),
        _entry("server", "Run the real Temporal development server, getting it first where needed."),
        _entry("worker", "Run one worker process."),
        _entry("api", "Run the HTTP API."),
        _entry("watchdog", "Look from outside Temporal whether anything is late, and shout."),
        _entry("partners", "Run stand-in partners that speak the published protocols."),
        _entry("demo", "Run the whole system on this machine and show what happens."),
    )
)
