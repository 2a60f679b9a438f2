"""Properties of what may follow a failure, and of putting rows together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from activities.messaging.judge import RED, Again, End, Row, after_failure, deliveries
from activities.messaging.wording import fill, join
from pathways.lang.plan_base import Text

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _row(key: str, **values: object) -> Row:
    given: dict[str, object] = {
        "journey": "j",
        "message_class": "care",
        "recipient": "patient",
        "wall_expires": NOW + timedelta(days=1),
        "wants_receipt": False,
        "attempts": 0,
        "channel": None,
        "maybe": None,
        "channels": ("email", "sms", "call"),
        "text": Text(en=key, zh=key),
        **values,
    }
    return Row(key=key, **given)  # type: ignore[arg-type]


CHANNELS = st.lists(st.sampled_from(["email", "sms", "call", "app"]), min_size=1, max_size=4, unique=True)


@given(CHANNELS, st.lists(st.booleans(), min_size=30, max_size=30))
def test_any_row_but_red_ends_after_a_bounded_number_of_tries(channels: list[str], nevers: list[bool]) -> None:
    row, now, tried = _row("k", channels=tuple(channels)), NOW, list[str]()
    channel = channels[0]
    for never in nevers:
        tried.append(channel)
        then = after_failure(row, channel, now, never=never)
        if isinstance(then, End):
            assert then.status == "failed"
            assert list(dict.fromkeys(tried)) == channels, "every channel was tried, in order"
            return
        assert then.at >= now
        now, channel = then.at, then.channel
        row = _row("k", channels=tuple(channels), channel=then.channel, attempts=then.attempts)
    raise AssertionError("it never ended")


@given(CHANNELS, st.lists(st.booleans(), min_size=5, max_size=40))
def test_red_is_tried_for_ever_with_pauses_of_seconds(channels: list[str], nevers: list[bool]) -> None:
    row, now, channel = _row("k", channels=tuple(channels), message_class=RED), NOW, channels[0]
    for never in nevers:
        then = after_failure(row, channel, now, never=never)
        assert isinstance(then, Again)
        assert timedelta(0) <= then.at - now <= timedelta(seconds=5)
        now, channel = then.at, then.channel
        row = _row("k", channels=tuple(channels), message_class=RED, channel=channel, attempts=then.attempts)


ROWS = st.lists(
    st.builds(
        lambda number, bundle, cls, private, maybe, channel: (
            _row(f"k{number}", bundle=bundle, message_class=cls, private=private, maybe=maybe),
            channel,
        ),
        st.integers(0, 50),
        st.sampled_from([None, "b1", "b2"]),
        st.sampled_from(["care", "dose", "red", "info"]),
        st.booleans(),
        st.sampled_from([None, "b:old"]),
        st.sampled_from(["email", "sms"]),
    ),
    max_size=12,
    unique_by=lambda pair: pair[0].key,
)


@given(ROWS)
def test_every_row_goes_out_in_exactly_one_delivery(going: list[tuple[Row, str]]) -> None:
    made = deliveries(going)
    assert sorted(row.key for d in made for row in d.rows) == sorted(row.key for row, _ in going)
    assert len({d.key for d in made}) == len(made)
    for delivery in made:
        fresh = [row for row in delivery.rows if row.maybe is None]
        if len(fresh) > 1:
            assert len({(row.bundle, row.private, row.message_class == "dose") for row in fresh}) == 1
            assert all(row.message_class != RED for row in fresh)


@given(ROWS, st.randoms())
def test_the_order_of_rows_changes_no_key_and_no_text(going: list[tuple[Row, str]], chance: object) -> None:
    shuffled = list(going)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    def told(pairs: list[tuple[Row, str]]) -> dict[str, str]:
        return {d.key: join([row.text for row in d.rows]).en for d in deliveries(pairs)}

    assert told(going) == told(shuffled)


def test_words_stand_where_a_value_is_missing() -> None:
    text = Text(en="{name}: call {emergency_number}", zh="{name}，请拨打{emergency_number}")
    bare = fill(text, emergency_number="", name="")
    assert (bare.en, bare.zh) == ("you: call the emergency number", "您，请拨打急救电话")
    assert fill(text, emergency_number="120", name="{name}").zh == "{name}，请拨打120"
