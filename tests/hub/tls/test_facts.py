"""Why TLS failed, in words."""

import ssl

import pytest

from hub.tls.facts import why_the_csms_failed, why_the_station_failed


def openssl_says(reason: str) -> ssl.SSLError:
    exc = ssl.SSLError(1, reason)
    exc.reason = reason
    return exc


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", "the station does not accept the hub's certificate: it does not know the CA"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "the station does not accept the hub's certificate: it takes it for a bad one"),
        ("WRONG_VERSION_NUMBER", "what the station sent is not TLS"),
        ("BAD_RECORD_TYPE", "the TLS handshake failed: bad record type"),
    ],
)
def test_what_a_station_did_wrong_is_said(reason: str, sentence: str) -> None:
    assert why_the_station_failed(openssl_says(reason)) == sentence


@pytest.mark.parametrize("exc", [TimeoutError(), ConnectionAbortedError("SSL handshake is taking longer")])
def test_a_handshake_that_takes_too_long_is_said(exc: OSError) -> None:
    assert why_the_station_failed(exc) == "the station did not finish the TLS handshake in time"


def test_what_has_nothing_to_do_with_tls_is_not_explained_by_it() -> None:
    assert why_the_csms_failed(ConnectionRefusedError(), "acme", "acme.example") is None


def test_the_error_of_openssl_is_found_behind_others() -> None:
    outer = OSError("it left")
    outer.__cause__ = openssl_says("TLSV13_ALERT_CERTIFICATE_REQUIRED")

    assert why_the_csms_failed(outer, "acme", "acme.example") == (
        "it asks for a client certificate (--csms-cert acme=CERT,KEY gives one)"
    )


@pytest.mark.parametrize(
    ("reason", "beginning"),
    [
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "it refused the TLS handshake and does not say why: it may want a client"),
        ("TLSV1_ALERT_UNKNOWN_CA", "it does not accept the hub's client certificate: it does not know the CA"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "it accepts no version of TLS that is allowed here"),
        ("BAD_RECORD_TYPE", "TLS failed: bad record type"),
    ],
)
def test_what_a_csms_says_is_said(reason: str, beginning: str) -> None:
    sentence = why_the_csms_failed(openssl_says(reason), "acme", "acme.example")

    assert sentence is not None
    assert sentence.startswith(beginning)
