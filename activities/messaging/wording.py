"""The last words of a message: placeholders filled, languages chosen, lines of a bundle joined. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pathways.lang.plan_base import Text

PLACEHOLDERS: Final = frozenset({"emergency_number", "name"})
"""What only the courier fills; every other placeholder was filled by the decider."""

_PLACE: Final = re.compile(r"\{([a-z_]+)\}")

_NO_NUMBER: Final = Text(en="the emergency number", zh="急救电话")
_NO_NAME: Final = Text(en="you", zh="您")

_SUBJECT: Final[Mapping[str, Text]] = {
    "red": Text(en="Urgent: a message from your care team", zh="紧急：您的健康团队消息"),
    "staff": Text(en="carepath: something needs you", zh="carepath：有事项需要您处理"),
}
_ANY_SUBJECT: Final = Text(en="A message from your care team", zh="您的健康团队消息")
_NEUTRAL: Final = Text(
    en="There is a new message for you. Please open the app to read it.",
    zh="您有一条新消息，请打开应用查看。",
)


def fill(text: Text, *, emergency_number: str, name: str) -> Text:
    """Both languages with the courier's placeholders filled; where a value is missing, plain words stand for it.

    Raises:
        KeyError: a placeholder that nobody fills.
    """
    return Text(
        en=_filled(text.en, {"emergency_number": emergency_number or _NO_NUMBER.en, "name": name or _NO_NAME.en}),
        zh=_filled(text.zh, {"emergency_number": emergency_number or _NO_NUMBER.zh, "name": name or _NO_NAME.zh}),
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: values[found.group(1)], text)


def join(texts: Sequence[Text]) -> Text:
    """One text of several, each on its own line, the same line once."""
    return Text(
        en="\n".join(dict.fromkeys(text.en for text in texts)),
        zh="\n".join(dict.fromkeys(text.zh for text in texts)),
    )


def subject(message_class: str, language: str) -> str:
    """The subject line: never a word about the person."""
    return _SUBJECT.get(message_class, _ANY_SUBJECT).in_language(language)


def outside(text: Text, language: str, *, private: bool) -> str:
    """What leaves the house in one language; a private message only says that there is one."""
    return (_NEUTRAL if private else text).in_language(language)
