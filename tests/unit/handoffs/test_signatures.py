"""Standard Webhooks signatures: the specification's own example, rotation, and everything a stranger may send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.handoffs.signatures import Signed, sign, verify

# The example of the Standard Webhooks specification and of its libraries' tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_" + "QUJD" * 11

HEADERS = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}


def test_the_published_example() -> None:
    assert sign(SECRET, ID, AT, BODY) == HEADERS
    assert verify([SECRET], HEADERS, BODY, AT) == Signed(ID, AT)


def test_any_of_several_secrets_and_signatures_while_a_secret_is_changed() -> None:
    assert verify([OTHER, SECRET], HEADERS, BODY, AT) == Signed(ID, AT)
    both = HEADERS | {"webhook-signature": f"v1a,abc {sign(OTHER, ID, AT, BODY)['webhook-signature']} {SIGNATURE}"}
    assert verify([SECRET], both, BODY, AT) == Signed(ID, AT)
    assert verify([OTHER], HEADERS, BODY, AT) == "signature-wrong"


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        (timedelta(minutes=5), Signed(ID, AT)),
        (timedelta(minutes=5, seconds=1), "signature-too-old"),
        (-timedelta(minutes=5), Signed(ID, AT)),
        (-timedelta(minutes=5, seconds=1), "signature-too-new"),
    ],
)
def test_five_minutes_either_way(late: timedelta, outcome: object) -> None:
    assert verify([SECRET], HEADERS, BODY, AT + late) == outcome


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"webhook-id": ""}, "signature-missing"),
        ({"webhook-signature": ""}, "signature-missing"),
        ({"webhook-timestamp": "yesterday"}, "signature-malformed"),
        ({"webhook-timestamp": "1e9"}, "signature-malformed"),
        ({"webhook-timestamp": "9" * 30}, "signature-malformed"),
        ({"webhook-timestamp": "-5"}, "signature-malformed"),
        ({"webhook-id": "x" * 300}, "signature-malformed"),
        ({"webhook-id": "msg_other"}, "signature-wrong"),
        ({"webhook-signature": "v1,"}, "signature-wrong"),
        ({"webhook-signature": "nonsense"}, "signature-wrong"),
        ({"webhook-signature": "v1," + "é" * 5}, "signature-wrong"),
        ({"webhook-signature": SIGNATURE.replace("v1,", "v2,")}, "signature-wrong"),
    ],
)
def test_what_a_stranger_may_send(headers: dict[str, str], code: str) -> None:
    assert verify([SECRET], HEADERS | headers, BODY, AT) == code


@given(st.binary(max_size=60))
def test_no_other_body_passes(body: bytes) -> None:
    outcome = verify([SECRET], HEADERS, body, AT)
    assert (outcome == Signed(ID, AT)) == (body == BODY)


@given(st.dictionaries(st.sampled_from(list(HEADERS)), st.text(max_size=40)), st.binary(max_size=40))
def test_nothing_raises(headers: dict[str, str], body: bytes) -> None:
    assert not isinstance(verify([SECRET], headers, body, AT), Signed)
