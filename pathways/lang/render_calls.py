"""The step ``pathway`` in words: what the called pathway is told, what is read of it, who ends whom."""

from __future__ import annotations

from pathways.lang.plan import PathwayBody, Plan
from pathways.lang.render_words import Names


def call_words(names: Names, body: PathwayBody) -> str:
    """Everything the step says, in one line."""
    say = names.say
    which = body.sha256[:12]  # what is signed here includes exactly that plan
    parts = [
        say(
            f"pathway {body.pathway}, version {body.version} ({which})",
            f"路径 {body.pathway}，版本 {body.version}（{which}）",
        )
    ]
    if body.facts:
        told = names.words(body.facts, "and", "和")
        parts.append(say(f"it is told {told}", f"告知：{told}"))
    called = names.plan.called.get(body.sha256)
    for name, own in body.parameters.items():
        mine = names.parameter(names.plan.parameters[own])
        theirs = name.replace("_", " ")
        parts.append(say(f"its {theirs} is {mine} of this pathway", f"其 {theirs} 取本路径的{mine}"))
    if body.results and called is not None:
        read = say(", ", "、").join(_result(names, called, name) for name in body.results)
        parts.append(say(f"read from it: {read}", f"从中读取：{read}"))
    parts.append(
        say("a patient who follows it already is adopted, with all history", "已在该路径中的患者连同全部记录一并接管")
        if body.if_enrolled == "adopt"
        else say("a patient who follows it already is left alone", "已在该路径中的患者保持不变")
    )
    parts.append(
        say("it runs on when this step ends", "本步骤结束后该路径继续")
        if body.at_end == "keeps_running"
        else say("it ends when this step ends", "本步骤结束时该路径也结束")
    )
    return say("; ", "；").join(parts)


def _result(names: Names, called: Plan, name: str) -> str:
    derived = called.derived.get(name)
    return name if derived is None else Names(called, names.language).computed(derived)
