"""What happened to a patient of the demo, and why: three sentences, from the recorded timeline.

The first says the way, the second what decided it, the third what it took and how it stands. All words are those of
the timeline; no id, place in the pathway or coded word is in a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from carepath.demo.board import phase_of, words_of
from carepath.demo.people import Person

Json = Any
_MEASURED: Final = ("done", "done_late", "partly")
_ALARMS: Final = frozenset({"rule_fired", "rule_confirmed", "rule_normal_second"})
_WINDOWS: Final = frozenset({"window", "window_unknown"})
_CHANGES: Final = frozenset({"phase_left", "ended"})
_MOST_ALARMS: Final = 3


def story(person: Person, record: Json, timeline: Sequence[Json], kinds: Mapping[str, str]) -> list[str]:
    """Three sentences. ``kinds``: kind of every step of the pathway by path; ``timeline``: oldest first, in English."""
    return [_way(person, record, timeline), _why(person, timeline), _work(record, timeline, kinds)]


def share(person: Person) -> str:
    """Whose pressures a patient plays, e.g. ``plays persons 1, 13 and 25 of the data``."""
    return f"plays persons {_listed([str(number) for number in person.persons])} of the data"


# --------------------------------------------------------------------------- the way


def _way(person: Person, record: Json, timeline: Sequence[Json]) -> str:
    habits = person.habits
    who = f"A {'man' if habits.sex == 'male' else 'woman'} of {habits.age} ({share(person)})"
    entered = [row for row in timeline if row["word"] == "phase_entered"]
    if not entered:
        return f"{who} joined on {_day(person.joins, person)} and has not begun."
    first, *rest = entered
    way = f"{who} joined on {_day(_at(first), person)} with “{_phase(first)}”"
    way += "".join(f" → “{_phase(row)}” on {_day(_at(row), person)}" for row in rest)
    ended = next((row for row in reversed(timeline) if row["word"] == "ended"), None)
    if ended is not None:
        enrolment = (record["enrolments"] or [{}])[-1]
        return f"{way} and {phase_of(enrolment, record['status'])} on {_day(_at(ended), person)}."
    return f"{way} and is still there."


def _phase(row: Json) -> str:
    """The title of the phase a row says has begun."""
    return re.sub(r" (begins|again).*$", "", _bare(row["text"]))


# --------------------------------------------------------------------------- why


def _why(person: Person, timeline: Sequence[Json]) -> str:
    """What decided each change, with the window judged at that instant, and the alarms."""
    reasons = [said for row in timeline if row["word"] in _CHANGES and (said := _reason(row, timeline, person))]
    alarms = Counter(_bare(row["text"]) for row in timeline if row["word"] in _ALARMS)
    told = [f"{text}{'' if times == 1 else f' ({times} times)'}" for text, times in alarms.most_common(_MOST_ALARMS)]
    if not reasons:
        judged = [row for row in timeline if row["word"] in _WINDOWS]
        last = f", and the last one judged was {_inside(judged[-1]['text'])}" if judged else ""
        reasons = [f"nothing has made it change course yet{last}"]
    alarm = f"; alarms on the way: {'; '.join(_inside(text) for text in told)}" if told else ""
    return f"Why: {'; '.join(reasons)}{alarm}."


def _reason(row: Json, timeline: Sequence[Json], person: Person) -> str:
    """One change of course as the timeline tells it, with the window judged for it. A phase that was left for no reason
    of its own was left by the end told next to it."""
    day = _day(_at(row), person)
    if row["word"] == "ended":
        return f"on {day} {_inside(row['text'])}"
    title, _, because = _bare(row["text"]).partition(" ends")
    because = because.lstrip(": ")
    windows = [one["text"] for one in timeline if one["word"] in _WINDOWS and one["at"] == row["at"]]
    judged = _inside(windows[-1]) if windows else ""
    if because and judged:
        because = f"{because} ({judged})"
    return f"“{title}” ended on {day}: {because or judged}" if because or judged else ""


# --------------------------------------------------------------------------- what it took


def _work(record: Json, timeline: Sequence[Json], kinds: Mapping[str, str]) -> str:
    outcomes: Counter[tuple[str, str]] = Counter(
        (kinds.get(row["path"], ""), row["outcome"]) for row in timeline if row.get("outcome")
    )
    counts = record["counts"]
    made = sum(outcomes["measure", word] for word in _MEASURED)
    parts = [
        _many(counts["messages_sent"], "message"),
        f"{_many(counts['tasks_closed'], 'task')} done by people",
        _partners(record["handoffs"]),
    ]
    did = f"{made} of {_many(made + outcomes['measure', 'missed'], 'measurement')} asked for were made"
    doses = sum(number for (kind, word), number in outcomes.items() if kind == "dose" and word != "cancelled")
    if doses:
        did += f" and {doses - outcomes['dose', 'missed']} of {_many(doses, 'dose')} answered"
    return f"It took {_listed(parts)}; {did}; {_stands(record)}."


def _partners(handoffs: Sequence[Json]) -> str:
    if not handoffs:
        return "no request to a partner"
    states = Counter(words_of(one["state"]) for one in handoffs)
    told = ", ".join(f"{number} {state}" for state, number in states.most_common())
    return f"{_many(len(handoffs), 'request')} to partners ({told})"


def _stands(record: Json) -> str:
    enrolment = (record["enrolments"] or [{}])[-1]
    open_tasks = len(record["tasks"])
    left = f"{_many(open_tasks, 'task')} open" if open_tasks else "no task open"
    flags = [flag.replace("_", " ") for flag in record["flags"]]
    flagged = f", flagged {_listed(flags)}" if flags else ""
    return f"now {phase_of(enrolment, record['status'])}, {left}{flagged}"


# --------------------------------------------------------------------------- words


def _at(row: Json) -> datetime:
    return datetime.fromisoformat(row["at"])


def _day(at: datetime, person: Person) -> str:
    """A local date for people."""
    local: date = at.astimezone(ZoneInfo(person.habits.zone)).date()
    return f"{local.day} {local:%B}"


def _bare(text: str) -> str:
    """A text of the timeline without the full stop, to stand inside a sentence."""
    return re.sub(r"\.\s+", ", ", text.strip().rstrip("."))


def _inside(text: str) -> str:
    bare = _bare(text)
    return bare[:1].lower() + bare[1:]


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(parts: Sequence[str]) -> str:
    *rest, last = parts
    return f"{', '.join(rest)} and {last}" if rest else last
