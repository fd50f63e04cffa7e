"""Contexts from an organizer's files: what they allow, and what is said of files that cannot be used."""

import ssl
from pathlib import Path

import pytest
import trustme

from hub.tls.contexts import KeyPair, TlsError, TlsPolicy, csms_context, station_context, upstreams

POLICY = TlsPolicy()
RSA_NAMES = {"AES128-GCM-SHA256", "AES256-GCM-SHA384"}


@pytest.fixture
def pair(tmp_path: Path) -> KeyPair:
    leaf = trustme.CA().issue_cert("hub.example")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    return KeyPair(tmp_path / "both.pem")


def suites(context: ssl.SSLContext) -> set[str]:
    return {suite["name"] for suite in context.get_ciphers()}


def test_tls_1_2_is_the_oldest_version_on_either_leg(pair: KeyPair) -> None:
    contexts = [station_context([pair], POLICY), csms_context(POLICY)]

    assert [context.minimum_version for context in contexts] == [ssl.TLSVersion.TLSv1_2] * 2


def test_a_younger_version_may_be_asked_for(pair: KeyPair) -> None:
    context = station_context([pair], TlsPolicy(minimum=ssl.TLSVersion.TLSv1_3))

    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_the_rsa_suites_of_ocpp_come_on_request_beside_all_others(pair: KeyPair) -> None:
    usual, more = (suites(station_context([pair], TlsPolicy(with_rsa_suites=wanted))) for wanted in (False, True))

    assert more - usual == RSA_NAMES
    assert usual <= more
    assert {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"} <= usual


def test_keys_are_logged_only_where_that_is_asked_for(
    pair: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "by-environment"))

    contexts = [station_context([pair], POLICY), csms_context(POLICY)]

    assert [context.keylog_filename for context in contexts] == [None, None]
    assert not (tmp_path / "by-environment").exists()


def test_the_key_log_is_readable_by_its_owner_only(pair: KeyPair, tmp_path: Path) -> None:
    path = tmp_path / "keys"

    context = station_context([pair], TlsPolicy(keylog=path))

    assert context.keylog_filename == str(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_log_that_cannot_be_written_is_an_error(pair: KeyPair, tmp_path: Path) -> None:
    with pytest.raises(TlsError, match=r"the key log '.*/nowhere/keys' cannot be written to: No such file"):
        station_context([pair], TlsPolicy(keylog=tmp_path / "nowhere/keys"))


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TlsError, match=r"the certificate '.*/none.pem' cannot be read: No such file or directory"):
        station_context([KeyPair(tmp_path / "none.pem")], POLICY)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("nothing of the kind")

    with pytest.raises(
        TlsError, match=r"note.txt' cannot be used: certificate or private key are missing, or not in PEM"
    ):
        station_context([KeyPair(path)], POLICY)
    with pytest.raises(TlsError, match=r"the CA '.*note.txt' cannot be used: it holds no certificate in PEM"):
        csms_context(POLICY, ca=path)


def test_a_key_of_another_certificate_is_named(pair: KeyPair, tmp_path: Path) -> None:
    trustme.CA().issue_cert("x.example").private_key_pem.write_to_path(tmp_path / "other.key")

    with pytest.raises(TlsError, match=r"other.key' cannot be used: the private key belongs to another certificate"):
        station_context([KeyPair(pair.certificate, tmp_path / "other.key")], POLICY)


CSMSES = {"acme": "wss://acme.example/ocpp", "plain": "ws://plain.example"}


def test_every_csms_by_wss_has_a_context_of_its_own(pair: KeyPair) -> None:
    csmses = {**CSMSES, "other": "wss://other.example"}

    found = upstreams(csmses, POLICY, cas={"acme": pair.certificate}, names={"other": "inner.example"}, pairs={})

    assert {name: each.server_name for name, each in found.items()} == {"acme": None, "other": "inner.example"}
    assert found["acme"].context is not found["other"].context


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "there is no CSMS named 'nobody' to use TLS with; known: acme, plain"),
        ("plain", "the CSMS 'plain' is reached without TLS, at 'ws://plain.example': its URL has to be wss://"),
    ],
)
def test_tls_for_a_csms_that_has_none_is_an_error(name: str, sentence: str) -> None:
    with pytest.raises(TlsError) as caught:
        upstreams(CSMSES, POLICY, cas={}, names={name: "x"}, pairs={})

    assert str(caught.value) == sentence
