"""HS: one session that keeps the rule and one that breaks it, each."""

from typing import Any, Final

import pytest
from drawing import HEADERS, KEY, Pen, codes, draw, judged
from rule_cases import Case

from matrix.trace import Ending, Side, Traffic

BOOT = '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
BOOTED = '< [3,"1",{"status":"Accepted","currentTime":"2026-11-01T10:00:00Z","interval":300}]'
OFFER = ("Sec-WebSocket-Protocol", "ocpp1.6")
DEFLATE = ("Sec-WebSocket-Extensions", "permessage-deflate")
CLEAN = draw(BOOT, BOOTED)


def attempts_every(wait: str) -> list[Traffic]:
    pen = Pen()
    refused = {"offered": ("ocpp1.6",), "status": 404, "ending": Ending.REFUSED}
    return [item for _ in range(11) for item in pen.session([wait], **refused)]  # type: ignore[arg-type]  # one dict


def connected_again_after(ending: Ending | None) -> list[Traffic]:
    """Two sessions of one identity at one CSMS, the first of which ended so, or is still open."""
    pen = Pen()
    return [*pen.session([], ending=ending), *pen.session([])]


CASES: Final = {
    "HS-01": Case(draw(offered=(), chosen=None, status=400, ending=Ending.REFUSED), CLEAN, by=Side.STATION),
    "HS-02": Case(draw(chosen="ocpp2.0.1"), CLEAN, by=Side.CSMS),
    "HS-03": Case(draw(BOOT, BOOTED, chosen=None), draw("< close 1002", chosen=None), by=Side.CSMS),
    "HS-05": Case(attempts_every("+1s"), attempts_every("+10s"), by=Side.STATION),
    "HS-06": Case(draw(path="/ocpp/RDAM|123"), draw(path="/ocpp/RDAM%7C123"), by=Side.STATION),
    "HS-07": Case(draw(version="2.1", identity="CS:1"), draw(version="2.1", identity="CS-1"), by=Side.STATION),
    "HS-09": Case(
        draw(version="2.0.1", request=(*HEADERS, KEY, DEFLATE)),
        draw(version="2.0.1", request=(*HEADERS, KEY, DEFLATE), response=(DEFLATE,)),
        by=Side.CSMS,
    ),
    "HS-10": Case(draw("> binary 00"), CLEAN, by=Side.STATION),
    "HS-11": Case(draw(request=(*HEADERS[:1], *HEADERS[2:], KEY, OFFER)), CLEAN, by=Side.STATION),
    "HS-12": Case(connected_again_after(None), connected_again_after(Ending.CLOSED), by=Side.STATION),
    "HS-13": Case(draw('> mismasked [2,"h","Heartbeat",{}]'), CLEAN, by=Side.STATION),
}


def test_clean_handshake_and_boot_have_no_findings() -> None:
    session = draw(BOOT, BOOTED)

    judge = judged(session)

    assert judge.findings == []


@pytest.mark.parametrize("offered", [(), ("mqtt",), ("ocpp16", "ocpp1.6j")])
def test_upgrade_that_offers_no_ocpp_version_is_the_stations_breach(offered: tuple[str, ...]) -> None:
    session = draw(offered=offered, chosen=None, status=400, ending=Ending.REFUSED)

    judge = judged(session)

    assert codes(judge) == ["HS-01"]
    assert judge.findings[0].side is Side.STATION
    assert judge.findings[0].action == "Connect"


def test_one_known_offer_among_strange_ones_is_enough() -> None:
    session = draw(offered=("mqtt", "ocpp1.6"), chosen="ocpp1.6")

    assert codes(judged(session)) == []


@pytest.mark.parametrize("chosen", ["ocpp2.0.1", "ocpp1.6, ocpp2.0.1", "OCPP1.6"])
def test_selected_subprotocol_that_was_not_offered_is_the_csmses_breach(chosen: str) -> None:
    session = draw(offered=("ocpp1.6",), chosen=chosen)

    judge = judged(session)

    assert codes(judge) == ["HS-02"]
    assert judge.findings[0].side is Side.CSMS


def test_csms_that_selects_nothing_and_talks_on_breaks_hs_03() -> None:
    session = draw(BOOT, BOOTED, chosen=None)

    judge = judged(session)

    assert codes(judge) == ["HS-03"]
    assert judge.findings[0].frame == 3
    assert judge.board.view().pairs[0].row("Connect").outcome == "deviated"


def test_csms_that_selects_nothing_and_closes_is_clean() -> None:
    session = draw("< close 1002", chosen=None)

    assert codes(judged(session)) == []


def test_csms_is_not_blamed_for_being_lenient_with_a_station_that_offers_nothing() -> None:
    session = draw(BOOT, BOOTED, offered=(), chosen=None)

    assert codes(judged(session)) == ["HS-01"]


def test_eleven_attempts_within_seconds_after_404_are_hasty() -> None:
    pen = Pen()
    sessions = [pen.session(["+2s"], offered=("ocpp1.6",), status=404, ending=Ending.REFUSED) for _ in range(11)]

    judge = judged(*sessions)

    assert codes(judge) == ["HS-05"]


def test_attempts_that_wait_after_404_are_patient() -> None:
    pen = Pen()
    sessions = [pen.session(["+6s"], offered=("ocpp1.6",), status=404, ending=Ending.REFUSED) for _ in range(20)]

    assert codes(judged(*sessions)) == []


@pytest.mark.parametrize("path", ["/acme/RDAM|123", "/acme/CS 1", "/acme/CS%2", "/acme/", '/acme/"x"', "/acme/CS\x1b1"])
def test_path_that_is_not_percent_encoded_or_lacks_the_identity_breaks_hs_06(path: str) -> None:
    session = draw(path=path)

    judge = judged(session)

    assert codes(judge) == ["HS-06"]
    assert "\x1b" not in judge.findings[0].text


@pytest.mark.parametrize(("status", "found"), [(404, ["HS-06"]), (401, ["HS-06"]), (503, [])])
def test_csms_that_does_not_know_an_encoded_identity_is_told_and_not_charged(status: int, found: list[str]) -> None:
    station: dict[str, Any] = {
        "path": "/acme/RDAM%7C123",
        "identity": "RDAM|123",
        "status": status,
        "ending": Ending.REFUSED,
    }
    judge = judged(draw(**station))

    assert codes(judge) == found
    assert codes(judged(draw(**station, fault="the hub refused it"))) == []
    assert {(finding.severity, finding.side) for finding in judge.findings} <= {("info", "csms")}


@pytest.mark.parametrize("path", ["/acme/RDAM%7C123", "/acme/CS-1_2.3~4", "/acme/CS:1@x", "/acme/CS1?token=a|b"])
def test_percent_encoded_path_keeps_hs_06(path: str) -> None:
    assert codes(judged(draw(path=path))) == []


@pytest.mark.parametrize("identity", ["C" * 49, "CS:1"])
def test_identity_that_2x_does_not_allow_breaks_hs_07(identity: str) -> None:
    session = draw(version="2.0.1", identity=identity, path="/acme/x")

    assert codes(judged(session)) == ["HS-07"]


def test_long_identity_is_no_breach_in_16() -> None:
    assert codes(judged(draw(identity="C" * 60, path="/acme/x"))) == []


def test_csms_that_declines_compression_is_remarked_in_2x_only() -> None:
    request = (*HEADERS, KEY, ("Sec-WebSocket-Protocol", "ocpp2.0.1"), DEFLATE)

    newer = judged(draw(version="2.0.1", request=request))
    older = judged(draw(version="1.6", request=request))
    accepted = judged(draw(version="2.0.1", request=request, response=(DEFLATE,)))

    assert codes(newer) == ["HS-09"]
    assert newer.board.view().pairs[0].row("Connect").outcome == "remarked"
    assert codes(older) == codes(accepted) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [("> binary 00ff", "binary"), ("> bytes ff", "UTF-8"), ("> rsv x", "reserved bits 100")],
)
def test_frame_that_is_no_utf8_text_breaks_hs_10(line: str, said: str) -> None:
    session = draw(BOOT, BOOTED, line)

    judge = judged(session)

    assert codes(judge) == ["HS-10", "RPC-01"]
    assert said in judge.findings[0].text
    assert judge.findings[0].action == "Framing"


def test_message_in_fragments_and_a_compressed_one_keep_hs_10() -> None:
    heartbeat = '> deflated [2,"7","Heartbeat",{}]'
    session = draw('> part [2,"1","Heart', "> ping x", '> last beat",{}]', heartbeat, response=(DEFLATE,))

    judge = judged(session)

    assert codes(judge) == ["RPC-09"]
    assert judge.board.messages == 2


@pytest.mark.parametrize(("missing", "number"), [("Upgrade", 0), ("Connection", 1), ("Sec-WebSocket-Version", 2)])
def test_upgrade_without_a_header_that_rfc_6455_asks_for_breaks_hs_11(missing: str, number: int) -> None:
    headers = tuple(header for index, header in enumerate(HEADERS) if index != number)
    session = draw(request=(*headers, KEY, OFFER))

    judge = judged(session)

    assert codes(judge) == ["HS-11"]
    assert missing in judge.findings[0].text


def test_connection_header_with_several_tokens_keeps_hs_11() -> None:
    headers = (("Upgrade", "WebSocket"), ("Connection", "keep-alive, Upgrade"), ("Sec-WebSocket-Version", "13"))

    assert codes(judged(draw(request=(*headers, KEY, OFFER)))) == []


def test_session_opened_while_another_is_open_is_remarked_on_and_charged_to_nobody() -> None:
    pen = Pen()
    first = pen.session([BOOT, BOOTED], offered=("ocpp1.6",), chosen="ocpp1.6", ending=None)
    second = pen.session([BOOT, BOOTED], offered=("ocpp1.6",), chosen="ocpp1.6")

    judge = judged(first, second)

    (remark,) = (finding for finding in judge.findings if finding.rule == "HS-12")
    assert (remark.severity, remark.session) == ("info", 2)
    assert remark.text == "this identity was connected to this CSMS already, in session 1"
    assert {pair.row("Connect").outcome for pair in judge.board.view().pairs} == {"passed"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"ending": Ending.CLOSED}, {}),
        ({"ending": None}, {"identity": "CS002"}),
        ({"ending": None}, {"csms": "other"}),
        ({"ending": None}, {"status": 409, "ending": Ending.REFUSED}),
    ],
    ids=["the first has ended", "another identity", "another CSMS", "the second was refused"],
)
def test_other_sessions_are_no_second_connection(first: dict[str, Any], second: dict[str, Any]) -> None:
    pen, spoken = Pen(), {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}

    judge = judged(pen.session([], **spoken | first), pen.session([], **spoken | second))

    assert "HS-12" not in codes(judge)


def test_csms_that_masks_its_frames_is_told_once() -> None:
    call, answer = '> [2,"%d","Heartbeat",{}]', '< mismasked [3,"%d",{"currentTime":"2026-11-01T10:00:00Z"}]'

    judge = judged(draw(call % 1, answer % 1, call % 2, answer % 2))

    assert [(each.rule, each.side) for each in judge.findings] == [("HS-13", Side.CSMS)]
