# ruff: noqa: E501 - a row of the table is one document
"""One small damage for every diagnostic code: what is changed in a valid document, and where it is judged.

An edit is (text in the base, text in its place); it must occur. ``also`` are codes that the same damage
rightly brings with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Edit = tuple[str, str]


@dataclass(frozen=True)
class Case:
    edits: tuple[Edit, ...] = ()
    base: Literal["small", "site", "none"] = "small"
    text: str = ""
    also: tuple[str, ...] = ()
    with_site: bool = True


def small(*edits: Edit, also: tuple[str, ...] = (), with_site: bool = True) -> Case:
    return Case(edits, "small", also=also, with_site=with_site)


def site(*edits: Edit) -> Case:
    return Case(edits, "site")


def plain(text: str, also: tuple[str, ...] = ()) -> Case:
    return Case(base="none", text=text, also=also)


def lesson(item: str, more: str) -> Case:
    """The small pathway with more to its lesson."""
    return small(("{teach: how_to_measure, when: at phase start}", f"{{teach: {item}, when: at phase start, {more}}}"))


def exercise(*edits: Edit) -> Case:
    """The small pathway with an exercise in it."""
    added = (
        ("  medicines: {type: medicines}\n", "  medicines: {type: medicines}\n  knee: {type: one_of, options: [low, high]}\n"),
        ("      review:\n        task", """      move:
        exercise: knee
        levels:
          low: {title: {en: Low, zh: 低}, instructions: {en: Sit., zh: 坐。}}
          high: {title: {en: High, zh: 高}, instructions: {en: Walk., zh: 走。}}
        stop_if: dizzy is yes
        stopped: {task: {en: Look, zh: 查看}, role: nurse, due: 1 day}
        when: every day at 17:00
      review:
        task"""),
    )
    return Case((*added, *edits), "small")


def decided(decision: str, *edits: Edit, also: tuple[str, ...] = ()) -> Case:
    """The small document with a decision table `fit` that its last row looks at."""
    return small(
        ("roles: [nurse, gp, duty]", f"forms: {{look: {{fine: {{yes_no: {{en: Fine, zh: 良好}}}}, pain: {{scale: 0 to 10, required: no}}}}}}\ndecisions:\n  fit: {decision}\nroles: [nurse, gp, duty]"),
        ("        form: {controlled: {yes_no: {en: At goal, zh: 达标}}}", "        form: look"),
        (END_ROW, END_ROW.replace("      - {else", "      - {if: fit is well, end: finished}\n      - {else")),
        *edits, also=also,
    )  # fmt: skip


def call(*edits: Edit) -> Case:
    """The small pathway with a call of another one in it; ``consent`` is asked, unless it is the damage."""
    added = (
        ("counts_from: enrolment\n", "consent: [care]\ncounts_from: enrolment\n"),
        ("      review:\n        task", """      other:
        pathway: called
        version: 1.0.0
        facts: [age]
        parameters: {aim: goal}
        results: [mean_week]
        if_enrolled: adopt
        at_end: ends
        when: at phase start
      review:
        task"""),
    )
    return Case((*added, *edits), "small")


OWNER = "owner: cardiology\n"
HEAD = "carepath: 1\n"
END_ROW = "      - {else: true, go: follow_up}\n"
REFILL_WHEN = "when: 7 days before supply of the medicine ends"
LEAVE = "      - {if: checkup is done and week_mean.systolic >= goal, go: first, up_to: 1 time, afterwards: {end: finished}}\n"
LONG_TEXT = "x" * 460

EPISODE = """
    episode:
      - {say: again}
      - {measure: bp, within: 5 to 10 min}
      - {if: bp.systolic < calm, settled: yes}
      - {if: unknown, do: {escalate: urgent}}
      - {else: true, repeat: 1 time, afterwards: {escalate: urgent}}
"""


def _guided(right: str, wrong: str) -> tuple[Edit, ...]:
    """The red rule guides treat-and-repeat instead of calling at once, with one fault."""
    assert right in EPISODE
    calls = "    do: [{say: help_comes}, {escalate: urgent, task: {en: Very high, zh: 血压极高}}]\n"
    return (
        ("    repeat_measurement: {within: 5 to 30 min, say: again}\n", ""),
        (calls, "    do: {say: help_comes}" + EPISODE.replace(right, wrong)),
        ("    settled_by: the task\n", ""),
    )


TIPS = (
    "      tips: {advise: [{if: bp.systolic >= goal, is: tip, because: {en: It is high., zh: 偏高。}, effect: bp.systolic < goal}],"
    " when: every 2 weeks, role: nurse, due: 1 day, expires: 3 days, judged: 1 week later}\n"
)
TIP = "messages:\n  tip: {to: patient, class: care, en: Walk., zh: 散步。}\n"


def advice(*edits: Edit) -> Case:
    """The small pathway with a proposal, damaged."""
    welcome = "      welcome: {teach"
    missed = "role: nurse, due: 1 day}]"
    return small((welcome, TIPS + welcome), ("messages:\n", TIP), (missed, missed[:-1] + ", {advise: tips}]"), *edits)


CASE = (
    "      board: {conference: [nurse, gp], quorum: 1 of 2, agenda: tuesday, show: [bp], rank: highest bp.systolic,"
    " when: every 2 weeks, due: 1 day}\n"
)


def conference(*edits: Edit) -> Case:
    """The small pathway with a conference, damaged."""
    welcome = "      welcome: {teach"
    return small((welcome, CASE + welcome), *edits)


CASES: dict[str, Case] = {
    # ------------------------------------------------------------------ the text
    "file_too_large": Case(base="none", text="large"),
    "not_utf8": Case(base="none", text="not utf8"),
    "invisible_character": small(("owner: cardiology", "owner: cardio\u200blogy")),
    "empty_file": plain("# nothing here\n"),
    "not_a_mapping": plain("- carepath\n- 1\n"),
    "several_documents": small((OWNER, OWNER + "---\n")),
    "yaml_directive": plain("%YAML 1.2\n---\ncarepath: 1\n"),
    "yaml_anchor": small(("{value: 160 mmHg, cite: guide}", "&calm {value: 160 mmHg, cite: guide}")),
    "yaml_alias": small(("owner: cardiology", "owner: *team")),
    "yaml_merge": small(("  calm: {value: 160 mmHg, cite: guide}", "  calm: {<<: goal, value: 160 mmHg}")),
    "yaml_tag": small(("year: 2024", "year: !!int 2024")),
    "yaml_syntax": small(("title: {en: Small pathway, zh: 小路径}", "title: Small: pathway")),
    "tab_indentation": small(("    of: bp\n", "\tof: bp\n")),
    "flow_not_closed": small(("alarm: {value: 180 mmHg, cite: guide}", "alarm: {value: 180 mmHg, cite: guide")),
    "too_many_nodes": Case(base="none", text="nodes"),
    "too_deep": plain("a: " + "[" * 40 + "]" * 40 + "\n"),
    "text_too_long": plain("carepath: 1\nid: " + "x" * 4100 + "\n"),
    "number_too_long": small(("year: 2024", "year: 2024202420242024")),
    "not_a_finite_number": small(("year: 2024", "year: .nan")),
    "empty_key": small((OWNER, OWNER + '"": 1\n')),
    "key_not_text": small((OWNER, OWNER + "12: 1\n")),
    "duplicate_key": small(("  calm: {value: 160 mmHg, cite: guide}", "  alarm: {value: 160 mmHg, cite: guide}")),
    "no_value": small(("owner: cardiology", "owner:")),
    "comma_cut_phrase": small(("{if: week_mean.systolic < goal, end: finished}",
                               "{if: week_mean.systolic < goal, week_mean.diastolic < goal, end: finished}")),
    "too_many_problems": Case(base="none", text="many problems"),
    # ------------------------------------------------------------------ the shape
    "unknown_kind_of_file": plain("pathway: small\nscenery: none\n"),
    "unknown_language_version": small((HEAD, "carepath: 2\n")),
    "unknown_key": small(("        measure: bp\n", "        mesure: bp\n")),
    "key_elsewhere": small(("{teach: how_to_measure, when: at phase start}",
                            "{teach: how_to_measure, when: at phase start, deadlines: {accepted: 1 day}}")),
    "merge_fixed": small(("eligibility:\n", "merge: {alarm: lowest}\neligibility:\n")),
    "not_in_release": small(("{teach: how_to_measure, when: at phase start}", "{in_order: {pills: {dose: medicines where class is antihypertensive}}, when: at phase start}")),
    "missing_key": small(("        when: 7 days after phase start\n", "")),
    "time_of_optional": small(("{teach: how_to_measure, when: at phase start}", "{teach: how_to_measure, when: at phase start, required: could}")),
    "after_outside": small(("{teach: how_to_measure, when: at phase start}", "{teach: how_to_measure, when: at phase start, after: review}")),
    "required_twice": small(("{teach: how_to_measure, when: at phase start}",
                             "{teach: how_to_measure, when: at phase start, required: must, must_unless: {blind: {en: Blind, zh: 失明}}}")),
    "for_each_without_as": small(("{teach: how_to_measure, when: at phase start}",
                                  "{when: at phase start, for_each: medicines, steps: {lesson: {teach: how_to_measure}}}")),
    "more_than_there_are": small(("{teach: how_to_measure, when: at phase start}",
                                  "{when: at phase start, enough: 3, all_of: {lesson: {teach: how_to_measure}}}")),
    "wrong_type": small(("roles: [nurse, gp, duty]", "roles: {nurse: yes}")),
    "not_one_of": small(("level: red", "level: rad")),
    "out_of_range": small(("ends:\n", "quotas:\n  visits: {count: checkup done face to face, at_least: 20000, per: calendar year, "
                           "behind: {task: {en: Book, zh: 预约}, role: nurse, lead: 6 weeks}}\nends:\n")),
    "empty_value": small(("{value: 160 mmHg, cite: guide}", '{value: "", cite: guide}')),
    "bad_id": small(("  help_comes: {to", "  Help-Comes: {to")),
    "bad_version": small(("version: 1.0.0", "version: 1.10")),
    "missing_translation": small(("title: {en: First weeks, zh: 头几周}", "title: {en: First weeks}")),
    "no_step_kind": small(("{teach: how_to_measure, when: at phase start}", "{when: at phase start}")),
    "two_step_kinds": small(("{teach: how_to_measure, when: at phase start}",
                             "{teach: how_to_measure, say: well_done, when: at phase start}")),
    "no_action_kind": small(("do: [{say: help_comes}", "do: [{id: help}")),
    "two_action_kinds": small(("do: [{say: help_comes}", "do: [{say: help_comes, go: first}")),
    "two_targets": small(("{if: week_mean.systolic < goal, end: finished}", "{if: week_mean.systolic < goal, end: finished, go: first}")),
    "row_without_test": small(("{if: week_mean.systolic < goal, end: finished}", "{end: finished}")),
    "row_does_nothing": small(("{if: week_mean.systolic < goal, end: finished}", "{if: week_mean.systolic < goal}")),
    "field_without_type": small(("{controlled: {yes_no: {en: At goal, zh: 达标}}}",
                                 "{controlled: {label: {en: At goal, zh: 达标}}}")),
    # ------------------------------------------------------------------ phrases
    "bad_time_phrase": small(("when: every day at morning and evening", "when: evry day at morning and evening")),
    "bad_condition": small(("if: bp.systolic >= alarm", "if: bp.systolic is above alarm")),
    "bad_phrase": small(("take: 2 readings 1 min apart", "take: 2 readings 1 min appart")),
    "bad_value": small(("take: 2 readings 1 min apart", "take: 0 readings 1 min apart")),
    "phrase_cannot_say": small(("when: 7 days after phase start", "when: every month on mon")),
    "comma_in_phrase": small(("if: bp.systolic >= alarm", "if: (bp.systolic >= alarm)")),
    "duration_out_of_range": small(("after: 30 days", "after: 130 years")),
    "unknown_unit": small(("{value: 160 mmHg, cite: guide}", "{value: 160 mmHq, cite: guide}")),
    # ------------------------------------------------------------------ names
    "unknown_name": small(("if: bp.systolic >= alarm", "if: bp.systolic >= allarm")),
    "unknown_phase": small((END_ROW, "      - {else: true, go: folow_up}\n")),
    "unknown_end": small(("{if: week_mean.systolic < goal, end: finished}", "{if: week_mean.systolic < goal, end: finishd}")),
    "end_for_phase": small((END_ROW, "      - {else: true, go: finished}\n")),
    "phase_for_end": small((END_ROW, "      - {else: true, end: follow_up}\n")),
    "unknown_role": small(("        role: gp\n", "        role: doctor\n")),
    "unknown_staff": small(("by: [gp]", "by: [gb]")),
    "unknown_form": small(("form: {controlled: {yes_no: {en: At goal, zh: 达标}}}", "form: at_goal")),
    "answers_of_no_choice": small(("{controlled: {yes_no: {en: At goal, zh: 达标}}}",
                                   "{controlled: {text: optional, answers: {yes: 1}}}")),
    "answer_twice": small(("{yes_no: {en: At goal, zh: 达标}}", '{yes_no: {en: At goal, zh: 达标}, answers: {yes: [1, ok], no: "OK."}}')),
    "unknown_message": small(("say: again}", "say: agian}")),
    "unknown_measure": small(("    of: bp\n", "    of: pb\n")),
    "unknown_catalogue_measure": small(("use: blood_pressure", "use: blood_presure")),
    "unknown_component": small(("if: bp.systolic >= alarm", "if: bp.sistolic >= alarm")),
    "needs_component": small(("if: bp.systolic >= alarm", "if: bp >= alarm")),
    "unknown_education": small(("{teach: how_to_measure,", "{teach: how_to_mesure,")),
    "unknown_list": small(("conditions has esrd", "conditions has ersd")),
    "unknown_class": small(("include: age >= 18 years and sex is female", "include: age >= 18 years and sex is female and medicines has antihypertensiv")),
    "unknown_ladder": small(("{escalate: urgent,", "{escalate: urgnt,")),
    "unknown_step": small(("{if: checkup is done and", "{if: follow_up.chekup is done and")),
    "not_a_step": small(("as soon as pressure missed 3", "as soon as age missed 3")),
    "ambiguous_step": small(
        ("      checkup:\n", "      pressure:\n        measure: bp\n        when: every day at morning\n      checkup:\n"),
        ("ends:\n", "  late:\n    title: {en: Late, zh: 晚}\n    no_later_than: {after: 1 day, end: finished}\n    leave: [{if: pressure is missed, end: finished}]\nends:\n"),
        (END_ROW, "      - {if: unknown, go: late}\n" + END_ROW)),
    "unknown_word": small(("{if: checkup is done and", "{if: checkup is dine and")),
    "unknown_fact": small(("for: medicines where", "for: medicine where")),
    "unknown_evidence": small(("{value: 160 mmHg, cite: guide}", "{value: 160 mmHg, cite: giude}")),
    "unknown_profile": small(("south: {same_as: north}", "south: {same_as: nrth}")),
    "unknown_handoff": small(("handoff: pharmacy", "handoff: farmacy")),
    "unknown_handoff_word": small(("deadlines: {accepted: 1 day,", "deadlines: {acepted: 1 day,")),
    "unknown_rule": small(("    level: red\n", "    level: red\n    instead_of: crissis\n")),
    "unknown_placeholder": small(("Call {emergency_number}.", "Call {emergency}.")),
    "unknown_anchor": small(("counts_from: enrolment", "counts_from: enrollment")),
    "unknown_function": small(("as: mean", "as: meen")),
    "name_taken": small(("      welcome:", "      goal:")),
    "reserved_word": small(("      welcome:", "      morning:")),
    "same_as_in_a_circle": small(("{north: {}, south: {same_as: north}}", "{north: {same_as: south}, south: {same_as: north}}"),
                                 also=()),
    # ------------------------------------------------------------------ types and numbers
    "unit_mismatch": small(("calm: {value: 160 mmHg", "calm: {value: 80 kg")),
    "type_mismatch": small(("sex is female", "sex has female")),
    "bare_number": small(("if: bp.systolic >= alarm", "if: bp.systolic >= 180")),
    "uncited_number": small(("{value: 160 mmHg, cite: guide}", "{value: 160 mmHg}")),
    "literal_quantity": small(("if: bp.systolic >= alarm", "if: bp.systolic >= 180 mmHg")),
    "parameter_without_value": small(("{value: 160 mmHg, cite: guide}", "{by_profile: {south: {value: 160 mmHg, cite: guide}}}")),
    "outside_adjustable": small(("{value: 135 mmHg, cite: guide, adj", "{value: 165 mmHg, cite: guide, adj")),
    "range_inverted": small(("range: 110 to 150 mmHg", "range: 150 mmHg to 17 kPa")),
    "fact_without_question": small(("  sex: {type: sex}\n", "  sex: {type: sex, ask_at: enrolment}\n")),
    "options_missing": small(("  sex: {type: sex}\n", "  sex: {type: one_of}\n")),
    "key_for_other_type": small(("  sex: {type: sex}\n", "  sex: {type: sex, unit: kg}\n")),
    "not_a_moment": small(("when: 7 days after phase start", "when: 7 days after age")),
    "not_a_duration": small(("after: 30 days", "after: goal")),
    "ambiguous_streak": small(("settled_when: bp.systolic < calm",
                               "settled_when: bp.systolic < calm and age >= 18 years and bp.diastolic < calm 2 times in a row")),
    "text_not_allowed": small(("up_to: 1 time, afterwards", "afterwards")),
    "task_without_due": small(("        due: 2 days\n", "")),
    "rung_without_deadline": small(("by: [app], answer_within: 15 min", "by: [app]")),
    # ------------------------------------------------------------------ the course
    "unreachable_phase": small(("ends:\n", "  alone:\n    title: {en: Alone, zh: 孤立}\n    no_later_than: {after: 1 day, end: finished}\nends:\n")),
    "unreachable_end": small(("rules:\n", "  alone: {say: well_done}\nrules:\n")),
    "unreachable_step": small(("{teach: how_to_measure, when: at phase start}", "{teach: how_to_measure, when: day 20 of the phase}")),
    "no_way_on": small(("    no_later_than: {after: 30 days, end: finished}\n", "")),
    "until_without_at_end": small(("    at_end:\n", "    leave:\n"), (END_ROW, ""), (LEAVE, LEAVE.replace("go: first", "end: finished")),
                                  also=("unreachable_phase",)),
    "at_end_without_until": small(("    until: day 14 of the phase\n", "    no_later_than: {after: 2 weeks, end: finished}\n")),
    "at_end_without_else": small((END_ROW, "      - {if: unknown, go: follow_up}\n")),
    "at_end_leads_nowhere": small((END_ROW, "      - {if: unknown, do: [{say: well_done}]}\n" + END_ROW)),
    "else_in_leave": small((LEAVE, LEAVE + "      - {else: true, end: finished}\n")),
    "row_after_else": small((END_ROW, END_ROW + "      - {if: unknown, end: finished}\n")),
    "row_never_reached": small((END_ROW, "      - {if: week_mean.systolic < goal, go: follow_up}\n" + END_ROW)),
    "loop_without_time": small((LEAVE, LEAVE + "      - {if: age >= 18 years, go: first}\n"),
                               ("    at_end:\n", "    leave: [{if: age < 90 years, go: follow_up}]\n    at_end:\n")),
    "up_to_without_afterwards": small((", afterwards: {end: finished}", "")),
    "missing_route": small(("        missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]\n", "")),
    "until_past": small(("    no_later_than: {after: 30 days, end: finished}\n",
                         "    until: 7 days after enrolment\n    at_end: [{else: true, end: finished}]\n")),
    "action_not_here": small(("missed: [{task: {en: Book again, zh: 重新预约}, role: nurse, due: 1 day}]", "missed: [{go: first}]")),
    "unused_name": small(("parameters:\n", "parameters:\n  spare: {value: 120 mmHg, cite: guide}\n")),
    # ------------------------------------------------------------------ steps and handoffs
    "window_inverted": small(("late_after: 2 h, missed_after: 5 h", "late_after: 6 h, missed_after: 5 h")),
    "window_overlap": small(("opens_before: 1 h, late_after: 2 h, missed_after: 5 h", "opens_before: 8 h, late_after: 2 h, missed_after: 5 h")),
    "repeat_without_slots": small((REFILL_WHEN, "when: at each slot of the medicine")),
    "medicine_needed": small(("    for: medicines where class is antihypertensive\n", ""), ("  medicines: {type: medicines}\n", "")),
    "handoff_without_deadline": small(("    deadlines: {accepted: 1 day, handed_over: 5 days}\n", "")),
    "handoff_without_outcome": small(
        ("    outcomes:\n      declined: {task: {en: Sort it out, zh: 处理}, role: nurse, due: 1 day}\n      silent: {as: declined}\n", "")),
    "handoff_without_if_stopped": small(("    if_stopped: cancel\n", "")),
    "handoff_without_route": small(("      silent: {as: declined}\n", "")),
    "quiz_without_questions": lesson("salt_and_weight", "quiz: {pass: 1 of 1}"),
    "bad_pass_mark": lesson("how_to_measure", "quiz: {pass: 5 of 6}"),
    "bad_repeat": lesson("how_to_measure", "show_back: {role: nurse, due: 1 day, pass: 7 of 8, repeat: often}"),
    "nothing_to_pass": lesson("how_to_measure", "quiz: {pass: 4 of 4}, not_passed: {say: well_done}"),
    "call_unknown": call(("pathway: called", "pathway: caled")),
    "call_version": call(("version: 1.0.0\n        facts", "version: 1.1.0\n        facts")),
    "call_circle": call(("pathway: called", "pathway: circle"), ("        facts: [age]\n        parameters: {aim: goal}\n        results: [mean_week]\n", "")),
    "call_has_errors": call(("pathway: called", "pathway: wrong")),
    "call_name": call(("[mean_week]", "[week_mean]")),
    "call_type": call(("{aim: goal}", "{aim: dose_step}"), ("  alarm: {", "  dose_step: {value: 140 mg, cite: guide}\n  alarm: {")),
    "call_fixed": call(("{aim: goal}", "{fixed: goal}")),
    "call_out_of_bounds": call(("{aim: goal}", "{aim: alarm}")),
    "call_consent": call(("consent: [care]\n", "")),
    "levels_of_no_fact": exercise(("[low, high]", "[high, low]")),
    "stopped_tells_nobody": exercise(("stopped: {task: {en: Look, zh: 查看}, role: nurse, due: 1 day}", "stopped: {say: well_done}")),
    "handoff_without_case": small(
        ("    handoff: pharmacy\n    for: medicines where class is antihypertensive\n", "    handoff: insurance\n"),
        ("  medicines: {type: medicines}\n", ""), (REFILL_WHEN, "when: at phase start"),
        ("deadlines: {accepted: 1 day, handed_over: 5 days}", "deadlines: {approved: 5 days}"),
        ("      silent: {as: declined}\n", "      silent: {as: denied}\n      information_wanted: {as: denied}\n      modified: {}\n"),
        ("      declined: {task: {en: Sort it out", "      denied: {task: {en: Sort it out")),
    "case_not_asked": small(("    if_stopped: cancel\n", "    if_stopped: cancel\n    case: claim\n")),
    "kept_twice": small(("      silent: {as: declined}\n", "      handed_over: {keep: {note: text}}\n      partly: {keep: {note: date}}\n      silent: {as: declined}\n")),
    "order_not_signed": small(("    if_stopped: cancel\n", "    if_stopped: cancel\n    order: {text: {en: Tablets, zh: 药片}}\n")),
    "signature_only": small(
        ("    handoff: pharmacy\n    for: medicines where class is antihypertensive\n",
         "    handoff: laboratory\n    order: {text: {en: Potassium, zh: 血钾}, due: 1 day}\n"),
        ("  medicines: {type: medicines}\n", ""), (REFILL_WHEN, "when: at phase start"),
        ("deadlines: {accepted: 1 day, handed_over: 5 days}", "deadlines: {resulted: 5 days}"),
        ("      silent: {as: declined}\n", "      silent: {as: declined}\n      unusable: {as: declined}\n")),
    "not_sent": small(("    if_stopped: cancel\n", "    if_stopped: cancel\n    sends: [bp, week_men]\n")),
    "bundle_without_supply": small((REFILL_WHEN, "when: at phase start"), ("    if_stopped: cancel\n", "    if_stopped: cancel\n    bundle: supplies ending within 7 days\n")),
    "advice_without_expiry": advice((", expires: 3 days", "")),
    "advice_not_for_patient": advice(("tip: {to: patient,", "tip: {to: [patient, nurse],")),
    "advice_never_judged": advice((", judged: 1 week later", "")),
    "not_advice": advice(("{advise: tips}", "{advise: welcome}")),
    "conference_role_twice": conference(("[nurse, gp], quorum", "[nurse, nurse], quorum")),
    "conference_alone": conference(("[nurse, gp], quorum: 1 of 2, agenda: tuesday", "[nurse]"), (", rank: highest bp.systolic", "")),
    "quorum_not_of_roles": conference(("1 of 2", "3 of 2")),
    "rank_without_agenda": conference((" agenda: tuesday,", "")),
    "not_ranked": conference(("highest bp.systolic", "highest bp.systole")),
    "not_shown": conference(("show: [bp]", "show: [bp, week_men]")),
    "deadlines_out_of_order": small(("accepted: 1 day, handed_over: 5 days", "accepted: 6 days, handed_over: 5 days")),
    "outcome_as_circle": small(("      declined: {task: {en: Sort it out, zh: 处理}, role: nurse, due: 1 day}\n", "      declined: {as: silent}\n")),
    # ------------------------------------------------------------------ rules, ladders, readings
    "rule_without_unknown": small(("    unknown: {not_met: each reading is judged by itself}\n", "")),
    "unknown_without_need": small(("messages:\n", "  silence:\n    if: pressure missed 4 times in a row\n    level: no_data\n"
                                   "    do: [{say: well_done}]\n    unknown: {not_met: never}\nmessages:\n")),
    "self_harm_without_ladder": small(
        ("measures:\n", "measures:\n  phq9: {use: phq9}\n"),
        ("      welcome: {teach", "      mood: {ask: phq9, when: every 2 weeks}\n      welcome: {teach"),
    ),
    "red_without_ladder": small(("{escalate: urgent, task: {en: Very high, zh: 血压极高}}",
                                 "{task: {en: Very high, zh: 血压极高}, role: nurse, due: 15 min, escalate: urgent}")),
    "red_ladder_no_incident": small((", repeat: 3 times, then: incident", "")),
    "red_ladder_not_always": small(("{tell: duty, by: [call]", "{tell: clerk, by: [call]"), ("roles: [nurse, gp, duty]", "roles: [nurse, gp, clerk]")),
    "red_working_time": small(("answer_within: 15 min", "answer_within: 1 working h")),
    "red_waits_off_duty": small(("answer_within: 15 min", "answer_within: 15 min, off_duty: wait")),
    "red_message_class": small(("help_comes: {to: patient, class: red", "help_comes: {to: patient, class: care")),
    "measure_without_silence": small(("when: as soon as pressure missed 3 times in a row", "when: at phase start")),
    "derived_never_filled": small(("12 readings on 3 days", "40 readings on 3 days")),
    "derived_not_fed": small(("  bp: {use: blood_pressure, take: 2 readings 1 min apart}", "  bp: {use: blood_pressure, take: 2 readings 1 min apart}\n  pulse: {use: heart_rate}"),
                             ("    of: bp\n", "    of: pulse\n"), ("week_mean.systolic < goal,", "week_mean is known,"),
                             ("week_mean.systolic >= goal,", "bp.systolic >= goal,")),
    "repeat_measurement_not_alone": small(("  bp: {use: blood_pressure, take: 2 readings 1 min apart}",
                                           "  bp: {use: blood_pressure, take: 2 readings 1 min apart}\n  weight: {use: body_weight}"),
                                          ("if: bp.systolic >= alarm", "if: bp.systolic >= alarm and weight is known")),
    "episode_order": small(*_guided("{else: true, repeat: 1 time, afterwards: {escalate: urgent}}", "{if: bp.systolic < calm, do: {escalate: urgent}}")),
    "episode_without_settled": small(*_guided(", settled: yes", ", do: {escalate: urgent}")),
    "episode_without_person": small(*_guided("{escalate: urgent}}\n      - {else", "{say: again}}\n      - {else")),
    "episode_message_class": small(*_guided("{say: again}\n", "{say: well_done}\n")),
    "episode_never_judged": small(*_guided("bp.systolic < calm", "sex is male")),
    "settled_by_no_task": small(("    level: red\n", "    level: amber\n"), (", {escalate: urgent, task: {en: Very high, zh: 血压极高}}", ""),
                                ("rules:\n", "rules:\n  spare:\n    if: pressure missed 9 times in a row\n    level: no_data\n    do: {escalate: urgent}\n")),
    "never_eligible": small(("include: age >= 18 years", "include: age >= 18 years and age < 16 years")),
    # ------------------------------------------------------------------ decision tables
    "decision_gap": decided("{rows: [{if: week_mean.systolic < goal, is: well}, {if: week_mean.systolic > goal, is: ill}]}"),
    "decision_overlap": decided("{hits: one, rows: [{if: week_mean.systolic <= goal, is: well}, {if: week_mean.systolic >= goal, is: ill}]}"),
    "decision_row_unreachable": decided("{rows: [{if: week_mean.systolic < alarm, is: well}, {if: week_mean.systolic < goal, is: ill}, {else: true, is: ill}]}"),
    "decision_too_complex": decided("{rows: [{if: {at_least: 8, of: [" + ", ".join(f"bp.systolic + bp.diastolic * {n} < goal" for n in range(2, 17)) + "]}, is: well}, {if: {at_least: 8, of: [" + ", ".join(f"bp.systolic + bp.diastolic * {n} >= goal" for n in range(2, 17)) + "]}, is: ill}]}"),
    "decision_without_unknown": decided("{of: look, rows: [{if: pain <= 3, is: well}, {else: true, is: ill}]}"),
    "form_never_filled": decided("{of: look, rows: [{if: fine is yes, is: well}, {else: true, is: ill}]}", ("        form: look", "        form: {sure: {yes_no: {en: Sure, zh: 确定}}}")),
    "decision_circle": decided("{rows: [{if: fit is ill, is: well}, {else: true, is: ill}]}"),
    "decision_acts_without_form": decided("{rows: [{if: week_mean.systolic < goal, is: well}, {else: true, is: ill}], unknown: {say: well_done}}"),
    "unknown_decision_word": decided("{words: {wel: {en: Well, zh: 良好}}, rows: [{if: week_mean.systolic < goal, is: well}, {else: true, is: ill}]}"),
    "decision_unknown_twice": decided("{rows: [{if: week_mean.systolic < goal, is: well}, {if: unknown, is: open}, {else: true, is: ill}], unknown: {is: open}}"),
    "no_series": decided("{rows: [{if: week_mean.systolic < goal, is: well}, {else: true, is: ill}]}", ("{if: fit is well,", "{if: previous fit is well,")),
    "series_too_long": decided("{of: look, rows: [{if: fine is yes, is: well}, {else: true, is: ill}]}", ("{if: fit is well,", "{if: fit is well 60 times in a row,")),
    "evidence_not_checked": small(("year: 2024}", "year: 2024, checked: no}")),
    "message_too_long": small(("en: Measure again.,", f"en: {LONG_TEXT},")),
    # ------------------------------------------------------------------ against a site
    "site_needed": small(with_site=False),
    "role_not_at_site": small(("roles: [nurse, gp, duty]", "roles: [nurse, gp, duty, midwife]"), ("        role: gp\n", "        role: midwife\n")),
    "partner_not_at_site": small(("    for: medicines where", "    to: corner_shop\n    for: medicines where")),
    "season_not_at_site": small(("teach: how_to_measure, when: at phase start}", "teach: how_to_measure, when: once per season hay_fever}")),
    "channel_not_at_site": small(("by: [app], answer_within: 15 min", "by: [sms], answer_within: 15 min")),
    "profile_not_known": small(("{north: {}, south: {same_as: north}}", "{south: {}}")),
    "too_many_contacts": small(("remind: [at due]", "remind: [at due, 1 h later, 2 h later]")),
    # ------------------------------------------------------------------ a site itself
    "unknown_zone": site(("Asia/Shanghai", "Asia/Shangai")),
    "bad_date": site(("2026-01-04", "2026-01-34")),
    "bad_clock_time": site(("from: 21:30", "from: 9:30 pm")),
    "day_twice": site(("make_up_days: [2026-01-04]", "make_up_days: [2026-01-02]")),
    "cover_in_a_circle": site(("duty: {always: yes}", "duty: {cover: nurse}")),
    "unknown_cover": site(("to: 17:30}, cover: duty}\n  gp", "to: 17:30}, cover: dutty}\n  gp")),
    "role_never_on_duty": site(("duty: {always: yes}", "duty: {phone: \"1\"}")),
    "cap_below_engine": site(("per_day: 4", "per_day: 0")),
}
