import pytest

from hub.handshake.switchboard import NotFoundError, Switchboard, SwitchboardError, checked_csms

SWITCHBOARD = Switchboard({"acme": "ws://127.0.0.1:9100/ocpp", "volt.2-b": "wss://csms.example/"})


@pytest.mark.parametrize(
    ("target", "upstream", "identity"),
    [
        ("/acme/CS1", "ws://127.0.0.1:9100/ocpp/CS1", "CS1"),
        ("/acme/CS%20001?a=%2F&b=1", "ws://127.0.0.1:9100/ocpp/CS%20001?a=%2F&b=1", "CS 001"),
        ("/acme/a%2Fb", "ws://127.0.0.1:9100/ocpp/a%2Fb", "a/b"),
        ("/acme/sub/CS1", "ws://127.0.0.1:9100/ocpp/sub/CS1", "CS1"),
        ("/acme/%ff%FE", "ws://127.0.0.1:9100/ocpp/%ff%FE", "\ufffd\ufffd"),
        ("/volt.2-b/CS1?", "wss://csms.example/CS1?", "CS1"),
        ("/acme/" + "x" * 4096, "ws://127.0.0.1:9100/ocpp/" + "x" * 4096, "x" * 4096),
    ],
)
def test_what_follows_the_name_is_kept_byte_for_byte(target: str, upstream: str, identity: str) -> None:
    route = SWITCHBOARD.route(target, target)

    assert (route.upstream, route.identity) == (upstream, identity)


@pytest.mark.parametrize(
    ("target", "status", "sentence"),
    [
        ("/nobody/CS1", 404, "there is no CSMS named 'nobody' here; known: acme, volt.2-b"),
        ("/acme", 404, "'/acme' names no station: connect to /acme/IDENTITY"),
        ("/acme/?x=1", 404, "'/acme/?x=1' names no station: connect to /acme/IDENTITY"),
        ("/acme/../x", 400, "'/acme/../x' has a segment '.' or '..', which leads elsewhere"),
        ("/acme/%2e%2E/x", 400, "'/acme/%2e%2E/x' has a segment '.' or '..', which leads elsewhere"),
        ("/acme/..%2fx", 400, "'/acme/..%2fx' has a segment '.' or '..', which leads elsewhere"),
        ("/acme/.", 400, "'/acme/.' has a segment '.' or '..', which leads elsewhere"),
    ],
)
def test_a_target_that_leads_nowhere_is_turned_away_in_a_sentence(target: str, status: int, sentence: str) -> None:
    with pytest.raises(NotFoundError) as raised:
        SWITCHBOARD.route(target, target)

    assert (raised.value.status, str(raised.value)) == (status, sentence)


@pytest.mark.parametrize("target", ["/hunter2/CS1", "/acme/?token=hunter2", "/acme/../x?token=hunter2"])
def test_a_sentence_quotes_the_target_only_as_it_may_be_shown(target: str) -> None:
    with pytest.raises(NotFoundError) as raised:
        SWITCHBOARD.route(target, target.replace("hunter2", "***"))

    assert "***" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "url", "sentence"),
    [
        ("a b", "ws://h", "cannot be named 'a b'"),
        ("-x", "ws://h", "cannot be named '-x'"),
        ("..", "ws://h", "cannot be named '..'"),
        ("", "ws://h", "cannot be named ''"),
        ("a", "http://h", "must begin with ws:// or wss://: 'http://h'"),
        ("a", "nonsense", "must begin with ws:// or wss://"),
        ("a", "ws:///path", "names no host"),
        ("a", "ws://h:99999/", "is not one: 'ws://h:99999/'"),
        ("a", "ws://u:p@h/", "carries credentials"),
        ("a", "ws://h/#x", "has a fragment"),
        ("a", "ws://h/?x", "has a query"),
        ("a", "ws://h/a b", "contains characters"),
    ],
)
def test_an_unusable_csms_is_refused_in_a_sentence(name: str, url: str, sentence: str) -> None:
    with pytest.raises(SwitchboardError) as raised:
        checked_csms(name, url)

    assert sentence in str(raised.value)


def test_the_host_header_names_the_port_only_where_it_is_not_the_usual_one() -> None:
    assert checked_csms("a", "ws://[::1]:9100/x").authority == "[::1]:9100"
    assert checked_csms("a", "wss://csms.example/x").authority == "csms.example"
    assert checked_csms("a", "wss://csms.example/x").port == 443


@pytest.mark.parametrize(
    "url", ["ws://user:pw123@h/x", "http://user:pw123@h/x", "user:pw123@h", "ws://user:p/w1@pw123@h/x", "ws://pw123@h"]
)
def test_a_refused_url_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SwitchboardError) as refused:
        checked_csms("b", url)

    assert "pw123" not in str(refused.value)
    assert "p/w1" not in str(refused.value)
    assert "***@h" in str(refused.value)
