"""The options of `plugfest serve` for TLS: which go together, and what is said where they do not."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.errors import HubError
from hub.tls.certs import Authority, Issued
from tui.cli import main
from tui.commands.secure_options import SecureOptionError, SecureOptions


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("certs"), days=2)


@pytest.fixture(scope="module")
def server(authority: Authority) -> Issued:
    return authority.server_pair(["hub.example"], days=2)[0]


def listening(server: Issued, **options: Any) -> ssl.SSLContext:
    secure = SecureOptions(
        listen_tls=("127.0.0.1:0",), tls_cert=(server.certificate,), tls_key=(server.key,), **options
    )
    context = secure.listening()
    assert context is not None
    return context


@pytest.mark.parametrize(
    ("client_cert", "mode"),
    [(None, ssl.CERT_REQUIRED), ("required", ssl.CERT_REQUIRED), ("optional", ssl.CERT_OPTIONAL)],
)
def test_a_client_ca_makes_certificates_required_unless_they_are_optional(
    authority: Authority, server: Issued, client_cert: str | None, mode: ssl.VerifyMode
) -> None:
    context = listening(server, client_ca=authority.path, client_cert=client_cert)

    assert context.verify_mode is mode


def test_without_a_client_ca_no_certificate_is_asked_for(server: Issued) -> None:
    assert listening(server).verify_mode is ssl.CERT_NONE


def test_without_tls_there_is_no_context() -> None:
    assert SecureOptions().listening() is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"listen_tls": ("h:1",)}, "--listen-tls wants a --tls-cert; `plugfest certs FOLDER` makes one"),
        ({"tls_cert": (Path("a"),)}, "--tls-cert is for --listen-tls, and there is none"),
        ({"client_ca": Path("a")}, "--client-ca is for --listen-tls, and there is none"),
        (
            {"listen_tls": ("h:1",), "tls_cert": (Path("a"), Path("b")), "tls_key": (Path("c"),)},
            "every --tls-cert wants its --tls-key, in the same order: got 2 and 1",
        ),
        ({"client_cert": "optional"}, "--client-cert wants a --client-ca to verify certificates against"),
    ],
)
def test_options_that_do_not_go_together_are_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SecureOptionError) as caught:
        SecureOptions(**options).listening()

    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"csms_ca": ("acme",)}, "--csms-ca wants NAME=FILE, got 'acme'"),
        ({"csms_sni": ("acme=a", "acme=b")}, "--csms-sni names 'acme' twice"),
        ({"csms_cert": ("=x",)}, "--csms-cert wants NAME=CERT[,KEY], got '=x'"),
        ({"csms_sni": ("nobody=a",)}, "there is no CSMS named 'nobody' to use TLS with; known: acme"),
    ],
)
def test_options_for_a_csms_that_cannot_be_meant_are_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(HubError) as caught:
        SecureOptions(**options).upstreams({"acme": "wss://acme.example"})

    assert str(caught.value) == sentence


def test_a_csms_gets_its_ca_its_name_and_its_certificate(authority: Authority) -> None:
    hub = authority.station("hub", days=2)
    secure = SecureOptions(
        csms_ca=(f"acme={authority.path}",),
        csms_sni=("acme=in.example",),
        csms_cert=(f"acme={hub.certificate},{hub.key}",),
    )

    found = secure.upstreams({"acme": "wss://acme.example"})["acme"]

    assert found.server_name == "in.example"
    assert [ca["subject"] for ca in found.context.get_ca_certs()] == [
        tuple(((("organizationName", "commonName")[place], str(attribute.value)),)
              for place, attribute in enumerate(authority.certificate.subject))
    ]  # fmt: skip


def test_serve_says_in_a_sentence_what_it_cannot_do(tmp_path: Path) -> None:
    options = ["--csms", "acme=ws://127.0.0.1:1", "--recording", str(tmp_path / "r"), "--listen-tls", "127.0.0.1:0"]

    result = CliRunner().invoke(main, ["serve", *options, "--tls-cert", str(tmp_path / "none.pem")])

    assert result.exit_code == 2
    assert result.stderr == (
        f"plugfest: the certificate '{tmp_path / 'none.pem'}' cannot be read: No such file or directory\n"
    )
    assert not (tmp_path / "r").exists()
