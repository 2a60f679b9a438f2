"""The lines under ``given``: what the patient, staff and partners do, and what goes wrong around them.

``act`` reads what is done; ``scenario.py`` reads when. Every key has a meaning here or is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from carepath.rehearsal.model import Act
from carepath.rehearsal.names import ANY, Names
from carepath.rehearsal.page import Page, listed
from carepath.rehearsal.values import fact, prescription, quantity, readings
from pathways.lang.diagnostics import Said
from pathways.lang.plan import HandoffBody, MeasureBody
from pathways.lang.source import Path

Json = Any
Args = dict[str, Json]

STAFF_VERBS: Final[dict[str, tuple[str, ...]]] = {
    "pause": ("reason",), "resume": (), "withdraw": ("reason",), "died": (), "readmitted": (), "discharged_again": (),
    "contact_refused": (), "transfer": ("reason",), "skip_step": ("step", "reason"), "do_step": ("step",),
    "entered_in_error": ("row",), "end": ("end",),
}  # fmt: skip
TASK_VERBS: Final[dict[str, tuple[str, ...]]] = {
    "claim": ("task",), "release": ("task",), "reassign": ("task", "to"), "cancel": ("task", "reason"),
    "snooze": ("task", "until"), "attempt": ("task",),
    "sign": ("task", "reason", "form"),
}  # fmt: skip
VISIT_VERBS: Final[dict[str, tuple[str, ...]]] = {
    "booked": ("visit", "start"), "moved": ("visit", "start"), "no_show": ("visit",),
}  # fmt: skip
VERBS: Final = {**STAFF_VERBS, **TASK_VERBS, **VISIT_VERBS}
OPTIONAL: Final = frozenset({"reason", "form"})
UNKNOWN: Final = "unknown"
"""As the value of a fact: what was known is taken back."""
RECEIPTS: Final = ("sent", "delivered", "read", "undelivered", "unknown")
PREFERENCES: Final = ("consent", "opt_out", "channels", "language", "zone", "customary")

EXTRA: Final[dict[str, tuple[str, ...]]] = {
    "reading": ("setting", "source", "method", "times", "apart", "quality", "status", "replaces"),
    "result": ("source", "method", "times", "apart", "quality", "status", "replaces"),
    "answer": ("form", "is", "why", "says"),
    "done": ("form", "mode", "by"),
    "dose": ("is", "why"),
    "prescription": ("by",),
    "fact": ("by",),
    "parameter": ("by",),
    "handoff": ("is", "kept"),
    "verb": ("by", "reason", "step", "row", "end", "task", "to", "until", "visit", "start", "mode", "form"),
    "deliver": ("message",),
    "preference": (),
}
"""What a line may say besides its time and its own key."""

ACTS: Final = tuple(EXTRA)


def act(page: Page, row: dict[str, Json], path: Path, text: str) -> Act | None:
    """The act of a line, None (noted) when it is not one."""
    kinds = [key for key in row if key in EXTRA]
    if not kinds:
        page.wrong("scenario_no_subject", path, known=listed(ACTS))
        return None
    if len(kinds) > 1:
        page.wrong("scenario_two_subjects", (*path, kinds[1]), key=True, first=kinds[0], second=kinds[1])
        return None
    kind = kinds[0]
    what, args = _READERS[kind](page, row, path)
    return Act(kind, what, args, text, page.source.span((*path, kind), key=True))


def _by(page: Page, row: dict[str, Json], path: Path, *, default: str = "staff") -> str:
    if "by" not in row:
        return default
    roles = {*page.names.roles, *_adjusters(page.names), "patient", "staff", "record"}
    return page.name(row["by"], (*path, "by"), "role", known=roles)


def _adjusters(names: Names) -> set[str]:
    return {
        role
        for plan in names.plans.values()
        for parameter in plan.parameters.values()
        if parameter.adjustable
        for role in parameter.adjustable.by
    }


# --------------------------------------------------------------------------- the patient


def _reading(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    kind = "reading" if "reading" in row else "result"
    value = row[kind]
    what: dict[str, list[dict[str, Json]]] = {}
    if not isinstance(value, dict):
        page.bad((*path, kind), value, Said("a measure with its value", "测量及其数值"), "{bp: 128/78 mmHg}")
        return what, {}
    for name, one in value.items():
        if page.name(name, (*path, kind, name), "measure"):
            what[name] = readings(page, one, (*path, kind, name), page.names.measures[name])
    args: Args = {"setting": row.get("setting", "home" if kind == "reading" else "laboratory")}
    for key in ("source", "method", "quality", "status", "replaces"):
        if key in row:
            args[key] = page.text(row[key], (*path, key), Said("a word", "词"), "device")
    args["times"] = row.get("times", 1)
    if not isinstance(args["times"], int) or not 1 <= args["times"] <= 100:
        page.bad((*path, "times"), row.get("times"), Said("a number of readings", "读数次数"), "2")
        args["times"] = 1
    args["apart"] = page.length(row["apart"], (*path, "apart")) if "apart" in row else timedelta(minutes=1)
    return what, args


def _form(page: Page, row: dict[str, Json], path: Path) -> dict[str, Json]:
    form = row.get("form", {})
    if isinstance(form, dict):
        return {name: _answer(value) for name, value in form.items()}
    page.bad((*path, "form"), form, Said("a form", "表单"), "{decision: increase}")
    return {}


def _answer(value: Json) -> Json:
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value


def _answered(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    step = "" if row["answer"] == "anything" else page.name(row["answer"], (*path, "answer"), "step")
    says = row.get("says")
    if says is not None and not isinstance(says, str | int):
        page.bad((*path, "says"), says, Said("what the patient writes back", "患者的回复"), '"1"')
    return step, {
        "form": _form(page, row, path),
        "is": str(row.get("is", "done")),
        "why": row.get("why"),
        "says": None if says is None else str(says),
    }


def _done(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    known = {*page.names.of_kind("task"), *page.names.of_kind("step")}
    name = page.name(row["done"], (*path, "done"), "task", known=known)
    found = page.names.step(name) if name else None
    if found is not None and isinstance(found[1].body, MeasureBody):
        page.bad((*path, "done"), name, Said("a task, visit or lesson", "任务、就诊或课程"), "review")
    modes = ("clinic", "home", "video", "phone", "image_text")
    mode = page.name(row["mode"], (*path, "mode"), "word", known=modes) if "mode" in row else None
    return name, {"form": _form(page, row, path), "mode": mode, "by": _by(page, row, path, default="")}


def _dose(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    value = row["dose"]
    medicines = [value] if isinstance(value, str) else value
    if not isinstance(medicines, list) or not all(isinstance(m, str) for m in medicines):
        page.bad((*path, "dose"), value, Said("a medicine, a list of them, or all", "药物、药物列表或 all"), "all")
        medicines = []
    word = page.name(row.get("is", "taken"), (*path, "is"), "word", known=("taken", "not_taken"))
    return medicines, {"is": word, "why": row.get("why")}


def _preference(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    value = row["preference"]
    if not isinstance(value, dict):
        page.bad((*path, "preference"), value, Said("wishes of the patient", "患者意愿"), "{opt_out: {all: yes}}")
        return {}, {}
    page.keys(value, (*path, "preference"), PREFERENCES)
    out = dict(value)
    for key in ("consent", "opt_out"):
        if key in value:
            inner = value[key] if isinstance(value[key], dict) else {}
            if not inner:
                wanted = Said("words with yes or no", "词与 yes/no")
                page.bad((*path, "preference", key), value[key], wanted, "{all: yes}")
            out[key] = {k: page.whether(v, (*path, "preference", key, k)) for k, v in inner.items()}
    return out, {}


# --------------------------------------------------------------------------- the record and staff


def _prescription(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    where: Path = (*path, "prescription")
    value = row["prescription"]
    args: Args = {"by": _by(page, row, path)}
    if not isinstance(value, dict) or not value:
        page.bad(where, value, Said("start, change or stop", "start、change 或 stop"), "{stop: amlodipine}")
        return {}, args
    page.keys(value, where, ("start", "change", "stop"))
    out: dict[str, Json] = {}
    for key in ("start", "change"):
        if key in value:
            out[key] = prescription(page, value[key], (*where, key))
    if "stop" in value:
        out["stop"] = page.text(value["stop"], (*where, "stop"), Said("a medicine", "药物"), "amlodipine")
    return out, args


def _fact(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    value = row["fact"]
    out: dict[str, Json] = {}
    if not isinstance(value, dict):
        page.bad((*path, "fact"), value, Said("a fact with its value", "事实及其值"), "{pregnant: yes}")
        value = {}
    declared = {name: f for plan in page.names.plans.values() for name, f in plan.facts.items()}
    for name, one in value.items():
        if page.name(name, (*path, "fact", name), "fact"):
            gone = one == UNKNOWN and declared[name].type not in {"sex", "one_of", "text"}
            out[name] = None if gone else fact(page, one, (*path, "fact", name), declared[name])
    return out, {"by": _by(page, row, path)}


def _parameter(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    value = row["parameter"]
    out: dict[str, Json] = {}
    if not isinstance(value, dict):
        page.bad((*path, "parameter"), value, Said("a parameter with its value", "参数及其值"), "{goal: 130 mmHg}")
        value = {}
    declared = {name: p for plan in page.names.plans.values() for name, p in plan.parameters.items()}
    for name, one in value.items():
        if page.name(name, (*path, "parameter", name), "parameter"):
            out[name] = quantity(page, one, (*path, "parameter", name), declared[name].unit)
    return out, {"by": _by(page, row, path)}


def _verb(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    verb = page.name(row["verb"], (*path, "verb"), "word", known=VERBS)
    if not verb:
        return "", {}
    needs = VERBS[verb]
    args: Args = {"by": _by(page, row, path)}
    allowed = {"verb", "by", "at", "after", "whenever", "from", "until", "at_most", "late", "twice", "id", *needs}
    page.keys(row, path, allowed | ({"mode"} if "visit" in needs else set()))
    for key in needs:
        if key in OPTIONAL and key not in row:
            continue
        if page.need(row, path, key):
            held = _form(page, row, path) if key == "form" else _verb_arg(page, key, row[key], (*path, key))
            args[key] = held
    return verb, args


def _verb_arg(page: Page, key: str, value: Json, path: Path) -> Json:
    if key in {"step", "task", "visit", "end"}:
        return page.name(value, path, key)
    if key == "to":
        return page.name(value, path, "role")
    if key in {"start", "until"}:
        return page.instant(value, path)
    return page.text(value, path, Said("a text", "文本"), "moved away")


def _handoff(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    name = page.name(row["handoff"], (*path, "handoff"), "handoff")
    args: Args = {"is": "", "kept": row.get("kept", {})}
    if page.need(row, path, "is") and name:
        args["is"] = page.name(row["is"], (*path, "is"), "word", known=page.names.words(name))
    if not isinstance(args["kept"], dict):
        page.bad((*path, "kept"), row["kept"], Said("values by name", "按名称的值"), "{advice: add a diuretic}")
        args["kept"] = {}
    return name, args


def _deliver(page: Page, row: dict[str, Json], path: Path) -> tuple[Json, Args]:
    status = page.name(row["deliver"], (*path, "deliver"), "word", known=RECEIPTS)
    message = ""
    if page.need(row, path, "message"):
        message = page.name(row["message"], (*path, "message"), "message", any_ok=True)
    return status, {"message": message}


_READERS: Final[dict[str, Callable[[Page, dict[str, Json], Path], tuple[Json, Args]]]] = {
    "reading": _reading,
    "result": _reading,
    "answer": _answered,
    "done": _done,
    "dose": _dose,
    "prescription": _prescription,
    "fact": _fact,
    "parameter": _parameter,
    "handoff": _handoff,
    "verb": _verb,
    "deliver": _deliver,
    "preference": _preference,
}


def partner_steps(page: Page, partner: str) -> list[str]:
    """Paths of the handoffs that go to ``partner`` (its name at the site, or the kind of handoff)."""
    return [
        name
        for name, found in page.names.steps.items()
        if "." in name and isinstance(found[0][1].body, HandoffBody)
        and partner in {found[0][1].body.partner, found[0][1].body.machine, ANY}
    ]
