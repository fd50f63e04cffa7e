"""`plugfest tokens`, and that what it writes is what a hub reads."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_texts import a_csms, a_participant, event_text

from hub.access.tokens import PREFIX, digest_of, read_tokens
from tui.cli import main


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["tokens", *arguments, "--file", str(path)])


def test_add_prints_the_token_alone_on_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"

    result = run(path, "add", "lab", "--csms", "acme", "--csms", "volta", "--stations", "--participant", "Acme")

    assert result.exit_code == 0
    (secret,) = result.stdout.splitlines()
    token = read_tokens(path).match(secret)
    assert token is not None
    assert (token.csmses, token.may_bring_stations, token.participant) == (("acme", "volta"), True, "Acme")
    assert secret not in result.stderr


def test_add_leaves_the_token_alone_on_standard_output_beside_a_link_with_its_code(tmp_path: Path) -> None:
    result = run(tmp_path / "tokens.toml", "add", "lab", "--hub", "https://hub.example")

    (secret,) = result.stdout.splitlines()
    assert result.stderr.splitlines()[-1] == f"https://hub.example/-/page/enter#{secret}"
    assert "█" in result.stderr


def test_code_is_written_to_a_file_where_one_is_named(tmp_path: Path) -> None:
    result = run(
        tmp_path / "tokens.toml", "add", "lab", "--hub", "https://hub.example", "--svg", str(tmp_path / "q.svg")
    )

    assert result.exit_code == 0
    assert "█" not in result.stderr
    assert (tmp_path / "q.svg").exists()


@pytest.mark.parametrize("options", [["--hub", "hub.example"], ["--svg", "q.svg"]])
def test_no_token_is_made_where_there_can_be_no_link(tmp_path: Path, options: list[str]) -> None:
    result = run(tmp_path / "tokens.toml", "add", "lab", *options)

    assert (result.exit_code, result.stdout) == (2, "")
    assert not (tmp_path / "tokens.toml").exists()


def test_qr_reads_the_token_from_standard_input_and_prints_the_link(tmp_path: Path) -> None:
    secret = run(tmp_path / "tokens.toml", "add", "lab").stdout

    command = ["tokens", "qr", "--hub", "wss://hub.example"]
    result, garbage = (CliRunner().invoke(main, command, input=given) for given in (secret, "no token\n"))

    assert result.stdout.splitlines()[-1] == f"https://hub.example/-/page/enter#{secret.strip()}"
    assert "█" in result.stdout
    assert (garbage.exit_code, "this is no token" in garbage.stderr) == (2, True)


def test_qr_makes_no_link_of_a_token_that_moves_stations_whenever_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    new = run(path, "add", "anna", "--role", "organizer", "--moves").stdout.strip()
    old = f"{PREFIX}{'a' * 43}"
    path.write_text(path.read_text().replace(digest_of(new), digest_of(old)))

    by_file, by_itself = [run(at, "qr", "--hub", "https://hub.example", "--token", token)
                          for at, token in ((path, old), (tmp_path / "none.toml", new))]  # fmt: skip

    for refused in (by_file, by_itself):
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "this token moves stations" in refused.stderr


def test_list_shows_what_each_is_good_for_and_no_hash(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    run(path, "add", "lab", "--csms", "acme")
    run(path, "add", "hall", "--role", "viewer", "--participant", "\x1b[2J[red]")
    run(path, "add", "anna", "--role", "organizer", "--moves")
    run(path, "revoke", "lab")

    listed, as_json = run(path, "list"), run(path, "list", "--json")

    assert "sha256" not in listed.stdout + as_json.stdout
    assert "\x1b" not in listed.stdout
    assert [line.split()[-1] for line in listed.stdout.splitlines()] == ["state", "revoked", "good", "good"]
    assert [(each["name"], each["role"], each["moves"], each["revoked"]) for each in json.loads(as_json.stdout)] == [
        ("lab", "participant", False, True), ("hall", "viewer", False, False), ("anna", "organizer", True, False),
    ]  # fmt: skip


def test_what_cannot_be_done_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    run(path, "add", "lab")

    results = [
        run(path, "add", "lab"),
        run(path, "add", "a b"),
        run(path, "add", "x", "--csms", "no/name"),
        run(path, "revoke", "nobody"),
        run(tmp_path / "none" / "tokens.toml", "add", "lab"),
        run(tmp_path, "list"),
        run(path, "add", "x", "--moves"),
        run(path, "add", "x", "--moves", "--role", "organizer", "--hub", "https://hub.example"),
    ]

    assert {result.exit_code for result in results} == {2}
    said = [result.stderr for result in results]
    assert "has a token named 'lab'" in said[0]
    assert "cannot be a token's name" in said[1]
    assert "a CSMS cannot be named 'no/name'" in said[2]
    assert "--moves is for --role organizer, and not for a participant" in said[6]
    assert "--moves and --hub do not go together" in said[7]
    assert "has no token named 'nobody'" in said[3]
    assert "cannot be written to: No such file or directory" in said[4]
    assert [*read_tokens(path).by_name] == ["lab"]


EVENT = event_text(a_participant("volta"), a_csms("acme", "volta", url=""))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--participant", "vlota"], "the token 'lab': there is no [participants.vlota] in {}; did you mean 'volta'?"),
        (["--csms", "lotus"], "the token 'lab': there is no [csmses.lotus] with tunnel = true in {}; there are acme"),
    ],
)
def test_no_token_is_made_of_names_that_the_event_does_not_have(tmp_path: Path, options: list[str], told: str) -> None:
    (tmp_path / "event.toml").write_text(EVENT)

    refused, made = (run(tmp_path / "tokens.toml", "add", "lab", *options, *more) for more in ([], ["--event", "-"]))

    assert refused.exit_code == 2
    first, second = refused.stderr.splitlines()
    assert told.format(tmp_path / "event.toml") in first
    assert "plugfest: no token was made; --event FILE names another event file" in second
    assert made.exit_code == 0


def test_event_that_is_named_is_the_one_that_counts(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(EVENT)

    good, bad, broken = (
        run(tmp_path / "tokens.toml", "add", name, "--participant", name, "--event", str(tmp_path / file))
        for name, file in (("volta", "other.toml"), ("lotus", "other.toml"), ("volta", "none.toml"))
    )

    assert [each.exit_code for each in (good, bad, broken)] == [0, 2, 2]


def test_event_beside_that_has_mistakes_is_said_and_not_asked(tmp_path: Path) -> None:
    (tmp_path / "event.toml").write_text("[event]\n")

    result = run(tmp_path / "tokens.toml", "add", "lab", "--participant", "lotus")

    assert result.exit_code == 0
    assert "has mistakes, so that the token is not held against it" in result.stderr
