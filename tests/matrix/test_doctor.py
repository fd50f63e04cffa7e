from typing import Any

import pytest

from matrix.doctor import Health, explain, spoken_by_csms
from matrix.trace import Ending, Session

REQUEST = (("Upgrade", "websocket"),)


def attempt(**fields: Any) -> Session:
    usual: dict[str, Any] = {
        "id": 1, "opened_at": 1, "identity": "CS001", "csms": "acme", "path": "/acme/CS001", "offered": ("ocpp1.6",),
        "request": REQUEST, "ending": Ending.REFUSED,
    }  # fmt: skip
    return Session(**(usual | fields))


def with_credentials(text: str, **fields: Any) -> Session:
    return attempt(request=(*REQUEST, ("Authorization", text)), **fields)


def refused(status: int, reason: str = "", **fields: Any) -> Session:
    return attempt(status=status, reason=reason, **fields)


@pytest.mark.parametrize(
    ("session", "spoken", "sentence"),
    [
        (attempt(status=101, chosen="ocpp1.6"), (), "connected, speaking ocpp1.6"),
        (
            attempt(origin="a.log", chosen="ocpp1.6", offered=(), ending=Ending.UNSEEN),
            (),
            "connected, speaking ocpp1.6; the log that was imported shows no more of it",
        ),
        (
            refused(400, "Bad Request"),
            {"ocpp2.0.1"},
            "the station offered ocpp1.6, and this CSMS has only spoken ocpp2.0.1 here: the CSMS refused with "
            "400 Bad Request",
        ),
        (
            attempt(status=101),
            {"ocpp2.0.1", "ocpp2.1"},
            "connected, but with no subprotocol: the station offered ocpp1.6, and this CSMS has only spoken ocpp2.0.1 "
            "and ocpp2.1 here",
        ),
        (
            refused(400, offered=()),
            (),
            "the station offered no subprotocol: the CSMS refused with 400",
        ),
        (refused(401), (), "the station sent no user name and password: the CSMS refused with 401"),
        (
            refused(404, "Not Found"),
            {"ocpp1.6"},
            'the CSMS does not know the identity "CS001" at this path: the CSMS refused with 404 Not Found',
        ),
        (refused(503), (), "the station offered ocpp1.6, and was not let in: the CSMS refused with 503"),
        (
            attempt(status=101, chosen="ocpp2.0.1"),
            (),
            "connected, but the CSMS chose ocpp2.0.1, and the station offered ocpp1.6",
        ),
        (
            refused(404, identity="", path="/acme", fault="'/acme' names no station: connect to /acme/IDENTITY"),
            (),
            "the path lacks the identity: '/acme' names no station: connect to /acme/IDENTITY",
        ),
        (
            attempt(identity="", csms="", path="", request=(), fault="what the station sent is not TLS"),
            (),
            "turned away before its request: what the station sent is not TLS",
        ),
        (
            refused(502, fault="the CSMS 'acme' cannot be reached", ending=Ending.UNREACHABLE),
            (),
            "the CSMS 'acme' cannot be reached",
        ),
        (
            refused(409, "Conflict", fault="'CS001' is connected already"),
            (),
            "'CS001' is connected already: the hub refused with 409 Conflict",
        ),
        (attempt(), (), "the upgrade was not answered"),
    ],
)
def test_an_attempt_is_told_in_a_sentence(session: Session, spoken: set[str], sentence: str) -> None:
    diagnosis = explain(session, spoken)

    assert diagnosis.sentence == sentence


def test_a_password_that_looks_like_hex_is_told_where_it_was_refused_and_where_it_was_not() -> None:
    credentials = "Basic user=CS001 password=hmac:1234 form=21-64,hex"

    was_refused = explain(with_credentials(credentials, status=401))
    was_let_in = explain(with_credentials(credentials, status=101, chosen="ocpp1.6"))

    assert "it was sent as hex: the CSMS refused with 401" in was_refused.sentence
    assert was_let_in.sentence.startswith("connected, speaking ocpp1.6, but its password is 32 to 40 hexadecimal")
    assert (was_refused.health, was_let_in.health) == (Health.ILL, Health.ODD)


def test_another_user_name_than_the_identity_is_told() -> None:
    diagnosis = explain(with_credentials("Basic user=admin password=hmac:1 form=16-20", status=403))

    assert 'its user name is "admin", and its identity "CS001"' in diagnosis.sentence


def test_what_a_peer_sent_cannot_act_on_a_screen() -> None:
    diagnosis = explain(refused(500, "\x1b[2Jgone", offered=("\u202eocpp",)))

    assert diagnosis.sentence == "the station offered \\u202eocpp, and was not let in: the CSMS refused with 500 " + (
        "\\x1b[2Jgone"
    )


def test_what_a_csms_speaks_is_learnt_from_its_open_sessions() -> None:
    sessions = [attempt(status=101, chosen="ocpp2.1"), attempt(status=101, chosen="ocpp1.6"), refused(400)]

    assert spoken_by_csms(sessions) == {"acme": {"ocpp1.6", "ocpp2.1"}}
