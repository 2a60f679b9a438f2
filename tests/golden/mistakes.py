# ruff: noqa: E501 - a row of the table is one document, and people write full-width signs
"""Mistakes that nurses and doctors make when they write a pathway: what was typed, and all that is found, in order.

One code per line of ``finds``, in order of place: nothing else may be said, so no mistake brings noise with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Edit = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mistake:
    finds: tuple[str, ...]
    edits: tuple[Edit, ...]
    base: Literal["small", "site"] = "small"


def found(finds: str, *edits: Edit) -> Mistake:
    return Mistake(tuple(finds.split()), edits)


OWNER = "owner: cardiology\n"
CALM = "  calm: {value: 160 mmHg, cite: guide}\n"
ALARM = "  alarm: {value: 180 mmHg, cite: guide}\n"
IF = "    if: bp.systolic >= alarm\n"
WHEN = "        when: every day at morning and evening\n"
WINDOW = "        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}\n"
REMIND = "        remind: [at due]\n"
DUE = "        due: 2 days\n"
AGAIN = "  again: {to: patient, class: red, en: Measure again., zh: 请再测一次。}\n"
WELL = "  well_done: {to: patient, class: care, en: Well done., zh: 做得好。}\n"
FIRST_TITLE = "    title: {en: First weeks, zh: 头几周}\n"
TITLE = "title: {en: Small pathway, zh: 小路径}\n"
END_ROW = "      - {else: true, go: follow_up}\n"
GOAL_ROW = "      - {if: week_mean.systolic < goal, end: finished}\n"
RUNG = "    - {tell: nurse, by: [app], answer_within: 15 min}\n"
TAKE = "  bp: {use: blood_pressure, take: 2 readings 1 min apart}\n"
INCLUDE = "  include: age >= 18 years and sex is female\n"

MISTAKES: dict[str, Mistake] = {
    # ------------------------------------------------------------------ indentation and signs of YAML
    "indented_too_deep": found("yaml_syntax", (WINDOW, "  " + WINDOW)),
    "indented_too_little": found("wrong_type", (REMIND, REMIND[2:])),
    "step_at_the_level_of_steps": found("yaml_syntax", ("      pressure:\n", "    pressure:\n")),
    "no_blank_after_the_colon": found("yaml_syntax", (OWNER, "owner:cardiology\n")),
    "no_blank_after_a_colon_inside": found("yaml_syntax", (CALM, "  calm: {value:160 mmHg, cite: guide}\n")),
    "no_blank_after_the_dash": found("yaml_syntax", (END_ROW, END_ROW.replace("- {", "-{"))),
    "colon_in_a_text": found("flow_not_closed", (TITLE, "title: {en: Small: a pathway, zh: 小路径}\n")),
    "comma_in_a_text": found("comma_cut_phrase", (WELL, WELL.replace("Well done.", "Well done, thank you."))),
    "quote_not_closed": found("yaml_syntax", (WELL, WELL.replace("Well done.", '"Well done.'))),
    "apostrophe_opens_a_text": found("flow_not_closed", (WELL, WELL.replace("Well done.", "'Well' done."))),
    "bracket_not_closed": found("flow_not_closed", (REMIND, "        remind: [at due\n")),
    "tab_before_a_key": found("tab_indentation", (DUE, "\t" + DUE.strip() + "\n")),
    "percent_first": found("yaml_syntax", (OWNER, "owner: %cardiology\n")),
    "at_sign_first": found("yaml_syntax", (OWNER, "owner: @cardiology\n")),
    "two_keys_on_a_line": found("yaml_syntax", (OWNER, "owner: cardiology version: 1.0.0\n")),
    # ------------------------------------------------------------------ Chinese signs and digits
    "full_width_colon": found("yaml_syntax", (OWNER, "owner：cardiology\n")),
    "full_width_colon_in_braces": found("yaml_syntax", (FIRST_TITLE, "    title: {en: First weeks, zh：头几周}\n")),
    "full_width_comma_in_braces": found("missing_translation", (FIRST_TITLE, "    title: {en: First weeks， zh 头几周}\n")),
    "full_width_braces": found("yaml_syntax", (FIRST_TITLE, "    title: ｛en: First weeks｝\n")),
    "full_width_digits": found("bad_phrase", (CALM, CALM.replace("160", "１６０"))),
    "full_width_digits_in_a_length": found("bad_phrase", (DUE, "        due: ２ days\n")),
    "chinese_quotes": found("not_one_of", ("level: red", "level: “red”")),
    "chinese_unit": found("unknown_unit", (CALM, CALM.replace("mmHg", "毫米汞柱"))),
    "chinese_length_of_time": found("unknown_unit", (DUE, "        due: 2 天\n")),
    "chinese_condition": found("bad_condition", (IF, "    if: 收缩压 >= alarm\n")),
    "chinese_full_stop": found("bad_time_phrase", (WHEN, WHEN.replace("evening", "evening。"))),
    "mathematical_sign": found("bad_condition", (IF, "    if: bp.systolic ≥ alarm\n")),
    # ------------------------------------------------------------------ numbers and units
    "kilopascal_for_mercury": found("unit_mismatch", (IF, "    if: bp.systolic >= weight\n"), (ALARM, ALARM + "  weight: {value: 80 kg, cite: guide}\n")),
    "unit_forgotten": found("bare_number", (CALM, CALM.replace(" mmHg", ""))),
    "unit_of_another_kind": found("unit_mismatch", (ALARM, ALARM.replace("mmHg", "mmol/L"))),
    "unit_in_the_wrong_case": found("unknown_unit", (ALARM, ALARM.replace("mmHg", "mmhg"))),
    "unit_glued_to_a_word": found("unknown_unit", (DUE, "        due: 2 dayss\n")),
    "decimal_comma": found("comma_cut_phrase", (CALM, CALM.replace("160", "160,5"))),
    "number_in_words": found("bad_phrase", (DUE, "        due: two days\n")),
    "range_with_a_dash": found("bad_phrase", ("range: 110 to 150 mmHg", "range: 110-150 mmHg")),
    "threshold_in_the_rule": found("literal_quantity", (IF, "    if: bp.systolic >= 180 mmHg\n")),
    "threshold_without_unit": found("bare_number", (IF, "    if: bp.systolic >= 180\n")),
    "measure_without_its_part": found("needs_component", (IF, "    if: bp >= alarm\n")),
    # ------------------------------------------------------------------ phrases
    "every_morning": found("unknown_name", (WHEN, "        when: every morning\n")),
    "twice_daily": found("bad_time_phrase", (WHEN, "        when: twice daily\n")),
    "comma_between_times": found("comma_in_phrase", (WHEN, "        when: every day at morning, evening\n")),
    "time_of_25": found("bad_value", (WHEN, "        when: every day at 25:00\n")),
    "time_with_am": found("unknown_unit", (WHEN, "        when: every day at 8 am\n")),
    "and_as_a_sign": found("bad_condition", (INCLUDE, "  include: age >= 18 years && sex is female\n")),
    "greater_in_words": found("bad_condition", (IF, "    if: bp.systolic greater than alarm\n")),
    "equals_twice": found("bad_condition", (IF, "    if: bp.systolic == alarm\n")),
    "brackets_in_a_condition": found("comma_in_phrase", (INCLUDE, "  include: (age >= 18 years) and sex is female\n")),
    "condition_cut_by_a_comma": found("comma_cut_phrase", (GOAL_ROW, "      - {if: week_mean.systolic < goal, week_mean.diastolic < goal, end: finished}\n")),
    "hours_abbreviated": found("unknown_unit", (RUNG, RUNG.replace("15 min", "15 mins"))),
    # ------------------------------------------------------------------ words and translations
    "translation_forgotten": found("missing_translation", (AGAIN, "  again: {to: patient, class: red, en: Measure again.}\n")),
    "translation_empty": found("empty_value", (AGAIN, AGAIN.replace("请再测一次。", '""'))),
    "one_language_as_text": found("wrong_type", (FIRST_TITLE, "    title: First weeks\n")),
    "message_forgotten": found("unknown_message", (AGAIN, "")),
    "placeholder_in_chinese_braces": found("unknown_placeholder", ("或拨打{emergency_number}", "或拨打{emergency}")),
    "role_not_listed": found("unknown_role", ("roles: [nurse, gp, duty]", "roles: [nurse, gp]")),
    "role_in_plural": found("unknown_role", (RUNG, RUNG.replace("nurse", "nurses"))),
    "list_of_words_without_brackets": found("not_one_of", ("by: [call]", "by: call and app")),
    "word_in_capitals": found("not_one_of", ("level: red", "level: Red")),
    "version_of_two_numbers": found("bad_version", ("version: 1.0.0", "version: 1.0")),
    "id_with_a_hyphen": found("bad_id", ("id: small", "id: small-pathway")),
    "same_step_twice": found("duplicate_key", ("      review:\n", "      pressure:\n")),
    "evidence_forgotten": found("uncited_number", (CALM, "  calm: {value: 160 mmHg}\n")),
    # ------------------------------------------------------------------ several in one file
    "three_keys": found("unknown_key unknown_key unknown_key", (OWNER, OWNER.replace("owner", "ower")), (REMIND, REMIND.replace("remind", "remindd")), ("settled_by", "setled_by")),
    "three_names": found("unknown_end unknown_name unknown_ladder", (IF, IF.replace("alarm", "alrm")), (GOAL_ROW, GOAL_ROW.replace("finished", "finnished")), ("escalate: urgent", "escalate: urgnt")),
    "a_name_used_everywhere": found("unknown_name unknown_name", ("  goal: {value", "  target: {value")),
    "a_phrase_a_unit_and_a_word": found("unknown_unit bad_time_phrase not_one_of", (CALM, CALM.replace("mmHg", "mmHq")), (WHEN, WHEN.replace("every day", "evry day")), ("level: red", "level: rad")),
    "two_translations": found("missing_translation missing_translation", (FIRST_TITLE, "    title: {en: First weeks}\n"), (WELL, "  well_done: {to: patient, class: care, zh: 做得好。}\n")),
    "measure_misspelt_and_used": found("unknown_catalogue_measure", (TAKE, TAKE.replace("blood_pressure", "bloodpressure"))),
    "a_missing_part_and_its_uses": found("missing_key", ("        when: 7 days after phase start\n", "")),
    "a_number_of_two_faults": found("unknown_unit unknown_evidence", (CALM, "  calm: {value: 160 mmHq, cite: giude}\n")),
}
