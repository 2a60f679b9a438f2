"""What the review page says of a lesson: its quiz with the right answers, its show-back, and what not passing does."""

from __future__ import annotations

from pathways.lang.plan import TeachBody
from pathways.lang.plan_teach import Quiz, ShowBack
from pathways.lang.render_actions import actions_words
from pathways.lang.render_words import Names


def teach_words(names: Names, body: TeachBody) -> str:
    """Everything a lesson does."""
    parts = [names.say("shown: ", "展示：") + names.text(body.title)]
    if body.quiz is not None:
        parts.append(_quiz(names, body.quiz))
    if body.show_back is not None:
        parts.append(_show_back(names, body.show_back))
    if body.not_passed:
        parts.append(names.say("not passed: ", "未通过：") + actions_words(names, body.not_passed))
    return names.say("; ", "；").join(parts)


def _quiz(names: Names, quiz: Quiz) -> str:
    say = names.say
    of = len(quiz.questions)
    said = say(f"quiz, passed with {quiz.enough} of {of} right", f"测验，{of}题答对{quiz.enough}题为通过")
    if quiz.tries is not None:
        said += say(f", {quiz.tries} {'try' if quiz.tries == 1 else 'tries'}", f"，可答{quiz.tries}次")
    for one in quiz.questions:
        right = names.text(one.options[one.right]) if one.right in one.options else one.right
        options = " / ".join(names.text(option) for option in one.options.values())
        because = names.text(one.because)
        said += say(
            f"; “{names.text(one.ask)}” ({options}), right: {right}, because: {because}",
            f"；“{names.text(one.ask)}”（{options}），正确：{right}，解释：{because}",
        )
    return said


def _show_back(names: Names, shown: ShowBack) -> str:
    say, role = names.say, names.role(shown.task.role)
    said = say(
        f"shown back to {role}, passed with {shown.enough} of {shown.of}",
        f"向{role}演示，{shown.of}分中得{shown.enough}分为通过",
    )
    if shown.task.due is not None:
        due = names.length(shown.task.due)
        said += say(f", to be marked within {due}", f"，{due}内评分")
    if shown.task.ladder is not None:
        ladder = names.word(shown.task.ladder)
        said += say(f", if late: ladder “{ladder}”", f"，逾期：阶梯“{ladder}”")
    if shown.repeat is not None:
        length = names.length(shown.repeat)
        often = say("until passed", "直到通过")
        if shown.at_most is not None:
            times = f"{shown.at_most} time{'' if shown.at_most == 1 else 's'}"
            often = say(f"at most {times}", f"最多{shown.at_most}次")
        said += say(f", again after {length} {often}", f"，未通过则{length}后重来，{often}")
    return said
