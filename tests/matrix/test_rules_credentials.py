"""AU: one session that keeps the rule and one that breaks it, each; and no secret in any finding."""

from typing import Final

import pytest
from drawing import HEADERS, KEY, Pen, codes, draw, judged
from rule_cases import Case

from matrix.trace import Ending, Opened, Side, Traffic

SECRET: Final = "4F43415F4F4354545F61646D696E5F7465737400"  # the example of the errata
GET: Final = '< [2,"g","GetConfiguration",{}]'


def from_user(user: str, version: str = "1.6", password: str = "hmac:0f3c") -> list[Traffic]:
    return draw(version=version, request=(*HEADERS, KEY, *credentials(user, password, version)))


def credentials(user: str, password: str, version: str) -> tuple[tuple[str, str], ...]:
    offer = ("Sec-WebSocket-Protocol", f"ocpp{version}")
    return offer, ("Authorization", f"Basic user={user} password={password}")


def from_address(address: str, *, tls: str | None = None, version: str = "1.6") -> list[Traffic]:
    opened, *rest = from_user("CS001", version)
    assert isinstance(opened, Opened)
    session = {each: getattr(opened.session, each) for each in opened.session.__struct_fields__}
    return [Opened(opened.mark, type(opened.session)(**session | {"remote": address, "tls": tls})), *rest]


def told(value: str) -> list[Traffic]:
    return draw(GET, f'> [3,"g",{{"configurationKey":[{{"key":"AuthorizationKey","readonly":false{value}}}]}}]')


def changed(value: str) -> tuple[str, str]:
    call = f'< [2,"c","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{value}"}}]'
    return call, '> [3,"c",{"status":"Accepted"}]'


def reconnected(password: str) -> list[Traffic]:
    pen, offered = Pen(), {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
    first, again = ((*HEADERS, KEY, *credentials("CS001", each, "1.6")) for each in ("hmac:0f3c", password))
    before = pen.session(changed(SECRET), request=first, **offered)  # type: ignore[arg-type]  # one dict for both
    return before + pen.session([], request=again, **offered)  # type: ignore[arg-type]  # one dict for both


PLAIN: Final = "hmac:0f3c form=16-20"
AS_HEX: Final = "hmac:0f3c form=21-64,hex"
BINARY: Final = "hmac:0f3c form=16-20,binary"


def refused(password: str, status: int, fault: str | None = None) -> list[Traffic]:
    request = (*HEADERS, KEY, *credentials("CS001", password, "1.6"))
    return draw(request=request, status=status, ending=Ending.REFUSED, fault=fault)


CASES: Final = {
    "AU-01": Case(from_user("admin"), from_user("CS001"), by=Side.STATION),
    "AU-02": Case(from_user("CS001", password=AS_HEX), from_user("CS001", password=PLAIN), by=Side.STATION),
    "AU-03": Case(from_user("admin", "2.0.1"), from_user("CS001", "2.0.1"), by=Side.STATION),
    "AU-04": Case(from_address("8.8.8.8:50123"), from_address("192.168.1.5:50123"), by=Side.STATION),
    "AU-05": Case(
        from_address("10.0.0.1:5", tls="TLSv1.1 AES128-SHA", version="2.0.1"),
        from_address("10.0.0.1:5", tls="TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256", version="2.0.1"),
        by=Side.STATION,
    ),
    "AU-06": Case(told(f',"value":"{SECRET}"'), told(""), by=Side.STATION),
    "AU-07": Case(draw(*changed("hunter2-hunter2-hunter2")), draw(*changed(SECRET)), by=Side.CSMS),
    "AU-08": Case(reconnected("hmac:0f3c"), reconnected("hmac:9999"), by=Side.CSMS),
}


@pytest.mark.parametrize("value", ["", "****************", "xxxxxxxx"])
def test_masked_key_is_not_given_away(value: str) -> None:
    assert codes(judged(told(f',"value":"{value}"'))) == []


def test_key_with_a_value_of_another_form_is_a_warning() -> None:
    judge = judged(told(',"value":"not for you"'))

    assert [(finding.rule, finding.severity) for finding in judge.findings] == [("AU-06", "warning")]


@pytest.mark.parametrize("traffic", [told(f',"value":"{SECRET}"'), draw(*changed("hunter2-hunter2-hunter2"))])
def test_no_finding_shows_the_secret(traffic: list[Traffic]) -> None:
    texts = "".join(finding.text for finding in judged(traffic).findings)

    assert texts
    assert SECRET not in texts
    assert "hunter2" not in texts


@pytest.mark.parametrize(("digits", "found"), [(30, ["AU-07"]), (31, ["AU-07"]), (32, []), (40, []), (42, ["AU-07"])])
def test_key_has_16_to_20_bytes(digits: int, found: list[str]) -> None:
    assert codes(judged(draw(*changed("a" * digits)))) == found


@pytest.mark.parametrize("address", ["[2001:4860:4860::8888]:5", "8.8.8.8:1"])
def test_public_address_with_tls_is_nothing_to_tell(address: str) -> None:
    assert codes(judged(from_address(address))) == ["AU-04"]
    assert codes(judged(from_address(address, tls="TLSv1.3 TLS_AES_128_GCM_SHA256"))) == []


@pytest.mark.parametrize("tls", ["TLSv1 AES128-SHA", "TLSv1", "SSLv3 x"])
def test_every_older_tls_breaks_au_05(tls: str) -> None:
    assert codes(judged(from_address("10.0.0.1:5", tls=tls, version="2.1"))) == ["AU-05"]


def test_user_name_is_compared_with_the_decoded_identity() -> None:
    request = (*HEADERS, KEY, *credentials("CS 1", "hmac:1", "1.6"))

    assert codes(judged(draw(identity="CS 1", path="/acme/CS%201", request=request))) == []


def test_binary_password_that_is_turned_down_is_an_info_and_one_that_is_let_in_is_nothing() -> None:
    turned_down = [(finding.rule, finding.severity, finding.side) for finding in judged(refused(BINARY, 401)).findings]

    assert turned_down == [("AU-02", "info", "csms")]
    assert codes(judged(refused(BINARY, 404))) == []
    assert codes(judged(refused(BINARY, 401, "the hub does not know it"))) == []
    assert codes(judged(refused(PLAIN, 401))) == []
    assert codes(judged(from_user("CS001", password=BINARY))) == []


@pytest.mark.parametrize(
    ("form", "warned"), [("-15", 1), ("16-20", 0), ("21-64,hex", 0), ("65-", 1), ("65-,binary", 2)]
)
def test_password_out_of_form_is_a_warning_in_2x(form: str, warned: int) -> None:
    judge = judged(from_user("CS001", "2.1", f"hmac:0f3c form={form}"))

    assert [(finding.rule, finding.severity) for finding in judge.findings] == [("AU-03", "warning")] * warned


def test_user_name_cannot_pass_for_the_form_of_a_password() -> None:
    judge = judged(from_user("CS001 password=x form=21-64,hex", password=PLAIN))

    assert codes(judge) == ["AU-01"]


def test_user_name_cannot_hold_the_colon_of_an_identity() -> None:
    pen, request = Pen(), (*HEADERS, KEY, *credentials("CS", "hmac:0f3c", "1.6"))
    traffic = pen.session([], identity="CS:001", offered=("ocpp1.6",), chosen="ocpp1.6", request=request)

    assert "AU-01" not in codes(judged(traffic))
