"""What editors show beside a key, and offer when nothing is written yet."""

from __future__ import annotations

from typing import Final, NamedTuple


class Hint(NamedTuple):
    """A sentence on a key, and values to choose from."""

    text: str
    examples: tuple[str, ...] = ()


_CONDITION: Final = (
    "bp.systolic >= crisis_systolic",
    "measure_bp missed 3 times in a row",
    "age >= 18 years and conditions has hypertension",
)
_DURATION: Final = ("15 min", "4 h", "1 day", "2 working days", "6 weeks")

HINTS: Final[dict[str, Hint]] = {
    "carepath": Hint("The version of the language: 1."),
    "id": Hint("A name in small letters, digits and underscores."),
    "version": Hint("Three numbers. An approved version never changes.", ("1.0.0",)),
    "title": Hint("What people read, in English and Chinese."),
    "owner": Hint("Who answers for this pathway."),
    "when": Hint(
        "When: a time phrase.",
        (
            "at phase start",
            "day 14 at 10:00",
            "every day at morning and evening",
            "every 2 weeks on mon and thu at 09:00",
            "for 7 days every 4 weeks",
            "2 weeks after review",
            "7 days before surgery",
            "between 48 h and 72 h after discharge",
            "as soon as measure_bp missed 3 times in a row",
        ),
    ),
    "if": Hint("A condition; true, false or unknown.", (*_CONDITION, "unknown")),
    "only_if": Hint("The step is done only if this is true or unknown.", _CONDITION),
    "drop_when": Hint("The step is dropped once this is true.", _CONDITION),
    "satisfied_by": Hint("What makes the step needless.", _CONDITION),
    "applies_if": Hint("Where this is false, every test on the fact is false.", ("sex is female and age < 55 years",)),
    "include": Hint("Who may take part.", _CONDITION[2:]),
    "settled_when": Hint("When the trouble is over.", ("bp.systolic < settled_systolic 2 times in a row",)),
    "until": Hint("When the phase ends.", ("day 8 of the phase", "12 months after enrolment")),
    "due": Hint("How long the work may take, from its opening.", _DURATION),
    "opens_before": Hint("How long before it is due it can be done.", _DURATION[:3]),
    "late_after": Hint("How long after it is due it is late.", _DURATION[:3]),
    "missed_after": Hint("How long after it is due it is missed.", _DURATION[:3]),
    "after": Hint("So long after entry.", _DURATION),
    "answer_within": Hint("How long an answer is waited for; clock time in a red ladder.", _DURATION[:4]),
    "remind": Hint("When somebody is reminded.", ("at due", "2 h later")),
    "take": Hint("How many readings make one measurement.", ("2 readings 1 min apart",)),
    "where": Hint("Which readings count.", ("setting is home",)),
    "over": Hint("The stretch that is looked at.", ("7 days",)),
    "needs_at_least": Hint("With fewer it is unknown.", ("12 readings on 3 days",)),
    "leave_out": Hint("What does not count.", ("first day",)),
    "judge": Hint("When it is judged.", ("block end",)),
    "since": Hint("What lies before does not count.", ("phase start",)),
    "value": Hint("A number with its unit.", ("135 mmHg",)),
    "cite": Hint("The source: an id under `evidence`; there, the text of the citation."),
    "range": Hint("Bounds inside which staff may set it.", ("110 to 150 mmHg",)),
    "checked": Hint("`no` until somebody compared the numbers with the source."),
    "level": Hint("red: somebody must act now; amber; info; no_data: silence."),
    "fires": Hint("How often a rule acts.", ("once per episode", "each reading", "each answer")),
    "not_again_within": Hint("After it acted, it is still for so long.", _DURATION[1:3]),
    "episode": Hint("Treat and repeat: `say`, `measure`, rows with `if`, a row `if: unknown`, a last row `else`."),
    "within": Hint("When the next reading counts, from when it was asked for.", ("15 to 25 min", "5 to 30 min")),
    "settled": Hint("`yes`: the trouble is over with this row."),
    "repeat": Hint("How often the same is done again.", ("2 times", "1 time")),
    "afterwards": Hint("What is done when it was in vain."),
    "up_to": Hint("How often this way may be taken.", ("1 time", "1 time since maintain")),
    "else": Hint("The last row: in every other case."),
    "go": Hint("To a phase."),
    "end": Hint("To an end."),
    "do": Hint("A list of actions; a single one may stand alone."),
    "say": Hint("Sends a message: its id under `messages`."),
    "task": Hint("A person's work, with its title."),
    "escalate": Hint("A ladder: its id under `escalations`."),
    "role": Hint("Who does it: one of `roles`."),
    "form": Hint("The questions, or the name of a form under `forms`."),
    "measure": Hint("What is measured: one of `measures`."),
    "ask": Hint("The questions: fields, a form of `forms`, or an instrument of the catalogue.", ("phq9",)),
    "message": Hint("The message that asks: its id under `messages`."),
    "teach": Hint("What is shown: an education item of the catalogue.", ("how_to_measure",)),
    "visit": Hint("With whom, and how."),
    "to": Hint("Who gets it. Of a handoff: the partner, by the name that the site gives it."),
    "window": Hint("When it opens, is late, is missed; from its due time."),
    "missed": Hint("What is done when nobody answered or came in time."),
    "no_show": Hint("What is done when the patient did not come; without it what `missed` says."),
    "attempts": Hint("How often somebody is tried, how far apart, and what then."),
    "profiles": Hint("Only where the site has one of these profiles."),
    "bundle": Hint("What is one reminder.", ("same slot",)),
    "urgency": Hint("How soon the partner is asked to act.", ("routine", "urgent")),
    "dose": Hint("Which prescriptions.", ("medicines where class is antihypertensive",)),
    "for": Hint("Which prescriptions.", ("medicines where class is antihypertensive",)),
    "exercise": Hint("A session of a level: the fact that holds the level."),
    "levels": Hint("The levels from the easiest, each with title and instructions; the options of the fact."),
    "counts": Hint("How much was done is asked in minutes or repetitions."),
    "up": Hint("When the level goes up: `after` so many sessions in a row, `if` each was so."),
    "down": Hint("When the level goes down: `after` so many sessions in a row, `if` each was so."),
    "stop_if": Hint(
        "After a session: it counts as stopped, and `stopped` is done.", ("pain >= pain_stop or dizzy is yes",)
    ),
    "stopped": Hint("What is done when a session is stopped; a person is told."),
    "handoff": Hint("The kind of partner: pharmacy, referral."),
    "deadlines": Hint("Each word of the partner, and how long it may take."),
    "outcomes": Hint("What each answer of the partner does; `silent` is no answer."),
    "if_stopped": Hint("What becomes of it when the phase is left."),
    "on_leave": Hint("What becomes of it when the phase is left."),
    "safety": Hint("`yes`: it goes on while the pathway is paused."),
    "first_time_only": Hint("`yes`: only at the first visit of the phase."),
    "if_past": Hint("What is done when its time has passed already."),
    "catch_up": Hint("What is done after an outage.", ("skip", "send", "within 2 days")),
    "ask_again": Hint("When a fact is asked for again.", ("every 12 weeks",)),
    "ask_at": Hint("`enrolment`: it must be known before the pathway begins."),
    "zone": Hint("An IANA time zone.", ("Asia/Shanghai", "America/New_York", "Europe/Berlin")),
    "emergency_number": Hint("What `{emergency_number}` in messages becomes.", ("120", "911", "112")),
}
