"""What is asked after an exercise or a lesson: the same everywhere, so that rules can rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pathways.lang.plan_advice import ADVICE, EFFECT, EFFECTS
from pathways.lang.plan_steps import WHY_STOPPED
from pathways.lang.plan_teach import MARK, RIGHT
from pathways.lang.spec_actions import FieldSpec
from pathways.lang.spec_base import TextSpec
from pathways.lang.spec_steps import AdviseStep, TeachStep

_REASONS: Final = {
    "pain": TextSpec(en="Pain", zh="疼痛"),
    "dizzy": TextSpec(en="Dizzy", zh="头晕"),
    "breathless": TextSpec(en="Short of breath", zh="气促"),
    "chest_pain": TextSpec(en="Chest pain", zh="胸痛"),
    "tired": TextSpec(en="Too tired", zh="太累"),
    "other": TextSpec(en="Another reason", zh="其他原因"),
}


def advice_fields(step: AdviseStep) -> Mapping[str, FieldSpec]:
    """What conditions may ask of a proposal: which advice it was, and what it brought about once that was judged."""
    names = dict.fromkeys(row.message for row in step.advise)
    fields = {ADVICE: FieldSpec(one_of={name: TextSpec(en=name, zh=name) for name in names})}
    if step.judged is not None:
        fields[EFFECT] = FieldSpec(one_of={name: TextSpec(en=name, zh=name) for name in EFFECTS})
    return fields


def lesson_fields(step: TeachStep) -> Mapping[str, FieldSpec]:
    """What conditions may ask of a lesson: the right answers of its quiz, the mark of its show-back."""
    fields = {RIGHT: step.quiz, MARK: step.show_back}
    return {name: FieldSpec(number="1") for name, part in fields.items() if part is not None}


def session_fields(counts: str | None) -> Mapping[str, FieldSpec]:
    """Pain and effort from 0 to 10, whether the patient was dizzy, how much was done, why it was broken off."""
    pain = TextSpec(en="Pain, 0 none to 10 worst", zh="疼痛（0 无痛，10 最痛）")
    effort = TextSpec(en="Effort, 0 none to 10 most", zh="费力（0 不费力，10 极费力）")
    fields = {
        "pain": FieldSpec(scale="0 to 10", label=pain),
        "effort": FieldSpec(scale="0 to 10", label=effort),
        "dizzy": FieldSpec(yes_no=TextSpec(en="Were you dizzy?", zh="是否头晕？")),
    }
    if counts == "minutes":
        fields["minutes"] = FieldSpec(number="min", label=TextSpec(en="Minutes done", zh="锻炼分钟数"), required=False)
    elif counts == "repetitions":
        done = TextSpec(en="Repetitions done", zh="完成次数")
        fields["repetitions"] = FieldSpec(number="1", label=done, required=False)
    why = TextSpec(en="If you stopped: why?", zh="如已中止：为什么？")
    fields[WHY_STOPPED] = FieldSpec(one_of=_REASONS, label=why, required=False)
    return fields
