"""Who may tell us what became of mails: whoever knows the secret, now, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from app.delivery.reports.signatures import TOLERANCE, WrongSignature, check_signature
from tests.delivery.reports.signing import NEXT_SECRET, SECRET, key_of, signed

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
BODY = b'{"type":"email.bounced"}'
KEYS = [key_of(SECRET)]


def test_svixs_own_example_is_understood():
    """The worked example of its documentation."""
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    then = datetime.fromtimestamp(1614265330, UTC)

    assert check_signature(headers, b'{"test": 2432232314}', [key], then) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_while_a_secret_is_changed_both_the_old_and_the_new_one_sign():
    headers = signed(BODY, NOW, secret=NEXT_SECRET)
    old = signed(BODY, NOW)["svix-signature"]

    assert check_signature(headers, BODY, [*KEYS, key_of(NEXT_SECRET)], NOW) == "msg_1"
    assert check_signature({**headers, "svix-signature": f"{headers['svix-signature']} {old}"}, BODY, KEYS, NOW)


@pytest.mark.parametrize("skew", [-TOLERANCE, TOLERANCE])
def test_clocks_may_differ_by_five_minutes(skew: timedelta):
    assert check_signature(signed(BODY, NOW + skew), BODY, KEYS, NOW)


@pytest.mark.parametrize("skew", [-TOLERANCE - timedelta(seconds=2), TOLERANCE + timedelta(seconds=2)])
def test_what_was_recorded_on_the_way_cannot_be_sent_later(skew: timedelta):
    with pytest.raises(WrongSignature):
        check_signature(signed(BODY, NOW + skew), BODY, KEYS, NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"svix-id": "msg_2"},
        {"svix-id": ""},
        {"svix-id": "m" * 201},
        {"svix-timestamp": str(int(NOW.timestamp()) + 1)},
        {"svix-timestamp": "now"},
        {"svix-timestamp": "²"},
        {"svix-timestamp": "-1"},
        {"svix-signature": ""},
        {"svix-signature": "v1,"},
        {"svix-signature": "v1,é"},
        {"svix-signature": "v1,AAAA"},
    ],
)
def test_what_does_not_fit_its_signature_is_refused(changed: dict[str, str]):
    with pytest.raises(WrongSignature):
        check_signature({**signed(BODY, NOW), **changed}, BODY, KEYS, NOW)


def test_another_version_of_a_signature_is_none():
    headers = signed(BODY, NOW)
    headers["svix-signature"] = headers["svix-signature"].replace("v1,", "v0,")

    with pytest.raises(WrongSignature):
        check_signature(headers, BODY, KEYS, NOW)


def test_another_body_another_secret_and_no_header_at_all_are_refused():
    for headers, body in ((signed(BODY, NOW), BODY + b" "), (signed(BODY, NOW, secret=NEXT_SECRET), BODY), ({}, BODY)):
        with pytest.raises(WrongSignature):
            check_signature(headers, body, KEYS, NOW)
