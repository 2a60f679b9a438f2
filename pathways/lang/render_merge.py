"""Whose number holds where another pathway of the patient has one of the same name, in words."""

from __future__ import annotations

from pathways.lang.plan_base import Text
from pathways.lang.plan_things import Parameter

_WAYS = {
    "lowest": Text(en="the lowest of them holds for all", zh="均取最低值"),
    "highest": Text(en="the highest of them holds for all", zh="均取最高值"),
    "mine": Text(en="this pathway's number holds for all", zh="均以本路径为准"),
}


def merge_words(parameter: Parameter, language: str) -> str:
    """The stated answer; "" where there is none."""
    if parameter.merge is None:
        return ""
    way = _WAYS[parameter.merge]
    if language == "zh":
        return f"患者另有路径使用同名数值时{way.zh}"
    return f"with other pathways of the patient that have a number of this name: {way.en}"
