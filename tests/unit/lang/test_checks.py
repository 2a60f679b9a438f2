# ruff: noqa: E501 - a row of a table is one line
"""The whole-document checks at their edges: what is just right, and what is just wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pathways.lang.load import load_pathway, load_site
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

BASE = Path(__file__).resolve().parents[2] / "golden" / "base"
SMALL = (BASE / "small.yaml").read_text(encoding="utf-8")
SITE = (BASE / "site.yaml").read_text(encoding="utf-8")

WINDOW = "window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}"
SILENT = "      silent: {as: declined}\n"
SOON = "when: as soon as pressure missed 3 times in a row"
MISSED = "        missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]\n"
LEAVE = "    leave:\n"
RULES = "rules:\n"
UNKNOWN = "    unknown: {not_met: each reading is judged by itself}\n"
ROW = "      - {if: checkup is done and week_mean.systolic >= goal, go: first, up_to: 1 time, afterwards: {end: finished}}\n"
LATE = (
    "  late:\n    title: {en: Late, zh: 晚}\n    no_later_than: {after: 1 day, end: finished}\n"
    "    leave: [{if: age >= 18 years, go: follow_up}]\nends:\n"
)


def the_site(*edits: tuple[str, str]) -> Site:
    text = SITE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    site = load_site(text, "site.yaml").site
    assert site is not None
    return site


def codes(*edits: tuple[str, str], site: Site | None = None) -> set[str]:
    return {d.code for d in load_pathway(edited(*edits), "small.yaml", site or the_site()).diagnostics}


def edited(*edits: tuple[str, str]) -> str:
    text = SMALL
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def plan(*edits: tuple[str, str]) -> Plan:
    loaded = load_pathway(edited(*edits), "small.yaml", the_site())
    assert loaded.plan is not None, [d.message() for d in loaded.diagnostics]
    return loaded.plan


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        # two readings a day 13 h and 11 h apart: 11 h may be covered, not more
        ((WINDOW, "window: {opens_before: 6 h, missed_after: 5 h}"), set()),
        ((WINDOW, "window: {opens_before: 6 h, missed_after: 301 min}"), {"window_overlap"}),
        ((WINDOW, "window: {late_after: 5 h, missed_after: 5 h}"), set()),
        ((WINDOW, "window: {late_after: 301 min, missed_after: 5 h}"), {"window_inverted"}),
        # 2 readings, twice a day, on 7 days
        (("12 readings on 3 days", "28 readings on 7 days"), set()),
        (("12 readings on 3 days", "29 readings on 7 days"), {"derived_never_filled"}),
        (("12 readings on 3 days", "28 readings on 8 days"), {"derived_never_filled"}),
        (("12 readings on 3 days\n", "28 readings on 7 days\n    leave_out: first day\n"), {"derived_never_filled"}),
        # a way on for every answer of the partner
        ((SILENT, SILENT + "      failed: {say: well_done}\n"), set()),
        (("declined: {task: {en: Sort it out, zh: 处理}, role: nurse, due: 1 day}", "declined: {}"), set()),
        ((LEAVE, LEAVE + "      - {if: refill is silent, end: finished}\n"), set()),
        # one of the two words of a visit that nobody came to is enough
        ((MISSED, MISSED.replace("missed:", "no_show:")), set()),
        ((MISSED, ""), {"missing_route"}),
        # silence is noticed by a rule, a step, or a rule that says what unknown does
        ((SOON, "when: at phase start"), {"measure_without_silence"}),
        ((RULES, RULES + "  quiet: {if: pressure missed 4 times in a row, level: no_data, do: {say: well_done}}\n"), set()),
        # whoever may take part
        (("age >= 18 years", "age >= 18 years and age <= 18 years"), set()),
        (("age >= 18 years", "age >= 18 years and age < 18 years"), {"never_eligible"}),
        (("age >= 18 years", "age > 18 years and 18 years >= age"), {"never_eligible"}),
        (("sex is female", "sex is female and sex is male"), {"never_eligible"}),
        (("sex is female", "sex is any of female and male"), set()),
        (("sex is female", "sex is female and not sex is female"), {"never_eligible"}),
        (("{on_dialysis: conditions", "{grown_up: age >= 18 years, on_dialysis: conditions"), {"never_eligible"}),
        (("{on_dialysis: conditions", "{old: age >= 80 years, on_dialysis: conditions"), set()),
        # the last row, and rows that cannot act
        ((ROW, ROW + "      - {if: unknown, end: finished}\n"), set()),
        (("    at_end:\n", "    at_end:\n      - {if: true, go: follow_up}\n"), {"row_after_else"}),
        # a message in three parts
        (("en: Measure again.,", f"en: {'x' * 459},"), set()),
        (("zh: 请再测一次。", f"zh: {'高' * 201}"), set()),
        (("zh: 请再测一次。", f"zh: {'高' * 202}"), {"message_too_long"}),
        # a step comes while its phase lasts
        (("when: at phase start", "when: day 15 of the phase"), set()),
        (("when: at phase start", "when: day 16 of the phase"), {"unreachable_step"}),
        (("when: at phase start", "when: every 2 weeks"), set()),
        (("when: at phase start", "when: every 3 weeks"), {"unreachable_step"}),
        (("when: at phase start", "when: at phase start and every 3 weeks"), set()),
        (("when: 7 days after phase start", "when: 40 days after phase start"), {"unreachable_step"}),
        (("when: at phase start", "when: days 20 and 30 after enrolment"), set()),
        # deadlines grow
        (("accepted: 1 day, handed_over: 5 days", "accepted: 5 days, handed_over: 120 h"), set()),
        # red counts clock time
        (("{say: help_comes}, ", "{task: {en: See, zh: 看}, role: duty, due: 30 min}, "), {"unused_name"}),
        (("{say: help_comes}, ", "{say: help_comes}, {id: see, task: {en: See, zh: 看}, role: duty, due: 1 working h}, "),
         {"red_working_time"}),
        # a rule whose condition is never unknown says nothing about unknown
        ((UNKNOWN, "    unknown: {task: {en: Look, zh: 查看}, role: nurse, due: 1 day}\n"), set()),
        # contacts: four a day are allowed here
        (("remind: [at due]", "remind: [at due, 1 h later]"), set()),
    ],
)  # fmt: skip
def test_the_edge(edit: tuple[str, str], wanted: set[str]) -> None:
    assert codes(edit) == wanted


def test_a_handoff_answer_may_be_taken_up_by_a_row_instead() -> None:
    assert codes((SILENT, ""), (LEAVE, LEAVE + "      - {if: refill is silent, end: finished}\n")) == set()
    assert codes((SILENT, "")) == {"handoff_without_route"}


def test_a_failed_handoff_does_what_a_declined_one_does() -> None:
    (refill,) = plan().throughout
    assert refill.body.kind == "handoff"
    assert refill.body.outcomes["failed"].do == refill.body.outcomes["declined"].do != ()


def test_a_rule_in_one_phase_does_not_hear_the_silence_of_another() -> None:
    quiet = "  quiet: {if: pressure missed 4 times in a row, level: no_data, in: [%s], do: {say: well_done}}\n"
    step = "      pressure:\n        measure: bp\n        when: every day at morning\n      checkup:\n"
    both = ((SOON, "when: at phase start"), ("      checkup:\n", step))
    assert codes(*both, (RULES, RULES + quiet % "first, follow_up")) == set()
    assert codes(*both, (RULES, RULES + quiet % "first")) == {"measure_without_silence"}


@pytest.mark.parametrize(
    ("cover", "wanted"),
    [("cover: duty}", set()), ("cover: nurse}", set()), ("works_holidays: yes}", {"red_ladder_not_always"})],
)
def test_a_red_ladder_may_end_with_a_role_that_is_covered_at_all_hours(cover: str, wanted: set[str]) -> None:
    site = the_site(("to: 20:00}}", f"to: 20:00}}, {cover}"))
    edits = (("{tell: duty,", "{tell: clerk,"), ("[nurse, gp, duty]", "[nurse, gp, clerk]"))
    assert codes(*edits, site=site) == wanted


def test_a_loop_is_bounded_by_time_or_by_number() -> None:
    back = ROW + "      - {if: age >= 18 years, go: late}\n"
    assert codes(("ends:\n", LATE), (ROW, back)) == {"loop_without_time"}
    waits = LATE.replace("age >= 18 years", "bp.systolic >= goal")
    assert codes(("ends:\n", waits), (ROW, back)) == set()
    bounded = back.replace("go: late}", "go: late, up_to: 3 times, afterwards: {end: finished}}")
    assert codes(("ends:\n", LATE), (ROW, bounded)) == set()


def test_ids_of_actions() -> None:
    made = plan()
    (crisis,) = made.rules
    # The task of a rule bears the rule's name; what else it does is numbered.
    assert [(a.kind, a.id) for a in crisis.do] == [("say", "crisis.2"), ("escalate", "crisis")]
    (checkup,) = made.phases["follow_up"].steps
    assert checkup.body.kind == "visit"
    # A step's own name is the step: a task that it opens is numbered from 2.
    assert [a.id for a in checkup.body.missed] == ["checkup.2"]
    assert checkup.body.no_show == checkup.body.missed


def test_screens_let_through_what_a_rule_could_fire_on() -> None:
    made = plan(
        (
            RULES,
            RULES + "  often: {if: bp.systolic >= goal 3 times in a row and age >= 65 years, level: amber, "
            "do: {say: well_done}, unknown: {not_met: each reading is judged by itself}}\n",
        )
    )
    assert [(w.rule, w.level, w.cond.kind) for w in made.watches] == [
        ("often", "wake", "compare"),
        ("crisis", "red", "compare"),
        ("follow_up.leave.0", "wake", "always"),
    ]


def test_many_faults_come_in_one_run_and_in_order() -> None:
    text = edited(
        ("{value: 160 mmHg, cite: guide}", "{value: 160 mmHq, cite: guide}"),
        (", repeat: 3 times, then: incident", ""),
        ("title: {en: First weeks, zh: 头几周}", "title: {en: First weeks}"),
        ("        measure: bp\n", "        mesure: bp\n"),
        ("        role: gp\n", "        role: doctor\n"),
        ("say: well_done}", "say: wel_done}"),
        ("ends:\n", LATE.replace("  late:", "  alone:")),
        ("if: bp.systolic >= alarm", "if: bp.systolic >= 180"),
    )  # fmt: skip
    found = load_pathway(text, "small.yaml").diagnostics
    assert [d.code for d in found] == [
        "unknown_unit", "red_ladder_no_incident", "missing_translation", "unknown_key", "unknown_role",
        "unreachable_phase", "unknown_message", "bare_number",
    ]  # fmt: skip


def test_one_wrong_name_is_told_once_however_often_its_thing_is_used() -> None:
    assert codes(("use: blood_pressure", "use: blood_pressur")) == {"unknown_catalogue_measure"}
    assert codes(("alarm: {value: 180 mmHg", "alarm: {value: 180 mmHgg")) == {"unknown_unit"}
    assert codes(("    of: bp\n", "    of: xy\n")) == {"unknown_measure"}
    text = edited(("goal: {value: 135 mmHg", "goal: {value: 135 mmHgg"))
    assert [d.code for d in load_pathway(text, "small.yaml", the_site()).diagnostics] == ["unknown_unit"]


@pytest.mark.parametrize("also", [(), (("say: well_done", "say: wel_done"),)])
def test_what_the_site_lacks_is_told_beside_other_errors(also: tuple[tuple[str, str], ...]) -> None:
    last = "{tell: duty, by: [call], answer_within: 10 min, repeat: 3 times, then: incident}"
    site = the_site(("to: 17:30}, cover: duty}", "to: 17:30}}"))
    assert "red_ladder_not_always" in codes((last, last.replace("duty", "nurse")), *also, site=site)


@pytest.mark.parametrize(("word", "meant"), [("wks", "weeks"), ("hr", "h"), ("mins", "min")])
def test_short_words_for_time_are_understood(word: str, meant: str) -> None:
    found = load_pathway(edited(("late_after: 2 h", f"late_after: 2 {word}")), "small.yaml", the_site()).diagnostics
    assert [(d.code, meant in (d.hint() or "")) for d in found] == [("unknown_unit", True)]


def test_profiles_take_values_from_others_and_from_the_common_one() -> None:
    made = plan(
        ("{north: {}, south: {same_as: north}}", "{north: {}, south: {same_as: north}, east: {}}"),
        ("alarm: {value: 180 mmHg, cite: guide}", "alarm: {value: 180 mmHg, cite: guide, by_profile: {north: {value: 24 kPa, cite: guide}}}"),
    )  # fmt: skip
    alarm = made.parameters["alarm"]
    assert {p: str(v.value.value) for p, v in alarm.by_profile.items()} == {
        "north": "180.015301300611", "south": "180.015301300611", "east": "180",
    }  # fmt: skip  # UCUM: a metre of mercury is 133.3220 kPa
    assert {v.value.unit for v in alarm.by_profile.values()} == {"mm[Hg]"}


def test_the_library_compiles_for_both_example_sites() -> None:
    folder = Path(__file__).resolve().parents[3] / "pathways"
    text = (folder / "library" / "hypertension_home" / "pathway.yaml").read_bytes()
    for name in ("example_cn", "example_us"):
        loaded = load_site((folder / "sites" / f"{name}.yaml").read_bytes(), name)
        assert loaded.diagnostics == ()
        pathway = load_pathway(text, "pathway.yaml", loaded.site)
        assert pathway.plan is not None
        assert {d.code for d in pathway.diagnostics} == {"evidence_not_checked"}
        assert loaded.site is not None
        care = loaded.site.caps["care"].per_day
        assert care is not None and care >= 4


CHECKUP = "        visit: {with: gp, mode: [clinic]}\n"


@pytest.mark.parametrize(
    ("edit", "code", "text"),
    [
        (("by: [app], answer_within: 15 min", "by: [apq], answer_within: 15 min"), "not_one_of", "apq"),
        (("remind: [at due]", "catch_up: later"), "not_one_of", "later"),
        (("remind: [at due]", "catch_up: within 2 yearz"), "unknown_unit", "yearz"),
        (("    level: red\n", "    level: red\n    watch: [activ]\n"), "not_one_of", "activ"),
        (("    level: red\n", "    level: red\n    watch: ended for ten days\n"), "bad_phrase", "days"),
        (("take: 2 readings 1 min apart", "from: [devise]"), "not_one_of", "devise"),
        (("take: 2 readings 1 min apart", "where: setting is hme"), "unknown_word", "hme"),
        (("take: 2 readings 1 min apart", "where: seting is home"), "unknown_name", "seting"),
        (("    as: mean\n", "    as: mean\n    where: not setting is home\n"), "phrase_cannot_say", "not"),
        (("    as: mean\n", "    as: mean\n    judge: blok end\n"), "bad_phrase", "blok"),
        (("for: medicines where class is antihypertensive", "for: medicines where class is antihypertensiv"), "unknown_word", "antihypertensiv"),
        (("for: medicines where", "for: medicines were"), "bad_phrase", "medicines"),
        (("sex is female", "sex is femal"), "unknown_word", "femal"),
        (("sex is female", "age is old"), "type_mismatch", "age"),
        (("{if: checkup is done and", "{if: review.controled is yes and"), "unknown_step", "review"),
        (("up_to: 1 time,", "up_to: 1 time since frist,"), "unknown_phase", "frist"),
        (("up_to: 1 time,", "up_to: none,"), "bad_phrase", "none"),
        (("repeat: 3 times", "repeat: 3"), "bad_phrase", ","),
        (("within: 5 to 30 min", "within: 30 to 5 min"), "bad_value", "30"),
        (("within: 5 to 30 min", "within: half an hour"), "bad_phrase", "half"),
        (("after: 30 days", "after: 1.5 days"), "bad_value", "1.5"),
        (("after: 30 days", "after: alarm"), "not_a_duration", "alarm"),
        (("until: day 14 of the phase", "until: day 14 of the fase"), "bad_time_phrase", "fase"),
        (("form: {controlled: {yes_no: {en: At goal, zh: 达标}}}", "form: {pain: {scale: 0 to ten}}"), "bad_phrase", "ten"),
        (("form: {controlled: {yes_no: {en: At goal, zh: 达标}}}", "form: {weight: {number: kgs}}"), "unknown_unit", "kgs"),
        (("form: {controlled: {yes_no: {en: At goal, zh: 达标}}}", "form: {weight: {number: kg, fact: agee}}"), "unknown_fact", "agee"),
        (("form: {controlled: {yes_no: {en: At goal, zh: 达标}}}", "form: {weight: {number: kg, measure: pb}}"), "unknown_measure", "pb"),
        ((CHECKUP, CHECKUP.replace("clinic", "clinik")), "not_one_of", "clinik"),
        (("missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]", "missed: [{plan: chekup, at: the date booked}]"), "unknown_step", "chekup"),
        (("missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]", "missed: [{plan: checkup, at: the day booked}]"), "bad_time_phrase", "day"),
        (("missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]", "missed: [{stop: well_done}]"), "unknown_step", "well_done"),
        (("missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]", "missed: [{set: agee}]"), "unknown_fact", "agee"),
        (("{say: well_done}\nrules", "{do: {say: well_done}, deadlines: x}\nrules"), "key_elsewhere", "deadlines"),
        (("finished: {say: well_done}", "finished: {do: [{go: first}]}"), "action_not_here", "go"),
        (("finished: {say: well_done}", "finished: {say: well_done, role: nurse}"), "text_not_allowed", "role"),
        (("finished: {say: well_done}", "finished: {task: {en: Look, zh: 看}, due: 1 day}"), "missing_key", "finished"),
        (("as: declined", "as: declned"), "unknown_handoff_word", "declned"),
        (("to: patient, class: care", "to: patiant, class: care"), "unknown_role", "patiant"),
        (("range: 110 to 150 mmHg", "range: 110 to 150 kg"), "unit_mismatch", "110"),
        (("goal: {value: 135 mmHg", "goal: {value: 135"), "bare_number", "135"),
        (("alarm: {value: 180 mmHg", "alarm: {value: 180"), "bare_number", "180"),
        (("pressure missed 3 times in a row", "pressure missed 0 times in a row"), "bad_value", "0 times"),
        (("repeat_measurement: {", "repeat_measurement: {withn: 1 h, "), "unknown_key", "withn"),
    ],
)  # fmt: skip
def test_the_finding_points_at_the_very_word(edit: tuple[str, str], code: str, text: str) -> None:
    document = edited(edit)
    found = [d for d in load_pathway(document, "small.yaml", the_site()).diagnostics if d.code == code]
    assert found, [(d.code, d.message()) for d in load_pathway(document, "small.yaml", the_site()).diagnostics]
    span = found[0].span
    line = document.split("\n")[span.line - 1]
    assert line[span.column - 1 :].startswith(text), (line[span.column - 1 :], found[0].message())


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (("from: 21:30, to: 07:00", "from: 21:30, to: 21:30"), "range_inverted"),
        (("from: 08:00, to: 20:00", "from: 08:00, to: 8:00 pm"), "bad_clock_time"),
        (("from: 08:00, to: 20:00", "from: 08:00, to: 24:30"), "bad_clock_time"),
        (("from: 09-01", "from: 09-31"), "bad_clock_time"),
        (("2026-01-02]", "2026-1-2]"), "bad_date"),
        (("bundle_within: 2 days", "bundle_within: two days"), "bad_phrase"),
        (("bundle_within: 2 days", "bundle_within: somewhat"), "unknown_name"),
        (("zone: Asia/Shanghai", "zone: ../etc/passwd"), "unknown_zone"),
        (("site: 1\n", "site: 2\n"), "unknown_language_version"),
        (("seasons:", "engagement: {points: {steps: 1}}\nseasons:"), "not_in_release"),
        (("on: [mon, tue, wed]", "on: [mon, tus, wed]"), "not_one_of"),
    ],
)  # fmt: skip
def test_what_can_be_wrong_with_a_site(edit: tuple[str, str], code: str) -> None:
    assert edit[0] in SITE
    loaded = load_site(SITE.replace(edit[0], edit[1], 1), "site.yaml")
    assert loaded.site is None
    assert [d.code for d in loaded.diagnostics] == [code]


def test_a_shift_may_end_at_midnight_and_weekends_may_be_others() -> None:
    site = the_site(("to: 20:00", "to: 24:00"), ("  version: made by hand", "  version: x\n  weekend: [fri, sat]"))
    assert (site.roles["clerk"].shifts[0].end.hour, site.calendar.weekend) == (24, (4, 5))
    assert site.roles["clerk"].works_holidays
    assert not site.any_role_always
