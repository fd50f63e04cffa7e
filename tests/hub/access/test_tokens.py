"""Token files: what they say, how they are written, and that a mistake in one is told with its line."""

from pathlib import Path

import pytest

from hub.access.tokens import Role, Token, TokenError, digest_of, new_token, parse_tokens, read_tokens, revoke

HASH = digest_of("plugfest_x")
PATH = Path("tokens.toml")


def a_token(name: str = "lab") -> Token:
    return Token(name=name, digest="", csmses=("acme", "volta"), may_bring_stations=True, participant='A "B" \n')


def test_a_new_token_is_found_by_its_secret_and_by_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"

    secret = new_token(path, a_token())
    tokens = read_tokens(path)

    found = tokens.match(secret)
    assert found is not None
    assert (found.name, found.csmses, found.participant) == ("lab", ("acme", "volta"), 'A "B"')
    assert (found.role, found.may_bring_stations) == (Role.PARTICIPANT, True)
    assert tokens.match(secret[:-1]) is None
    assert tokens.match("") is None


def test_the_file_holds_no_secret_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"

    secret = new_token(path, a_token())

    assert secret not in path.read_text()
    assert secret.removeprefix("plugfest_") not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_tokens_are_appended_and_what_people_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text("# ours\n")

    new_token(path, a_token())
    new_token(path, a_token("field"))

    assert path.read_text().startswith("# ours\n")
    assert [*read_tokens(path).by_name] == ["lab", "field"]


def test_a_name_is_given_once(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    new_token(path, a_token())

    with pytest.raises(TokenError, match="has a token named 'lab'"):
        new_token(path, a_token())


def test_a_revoked_token_is_good_for_nothing_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    secrets = [new_token(path, a_token(name)) for name in ("lab", "field.1", "hall")]
    before = read_tokens(path).by_name["field.1"]

    revoke(path, "field.1")
    tokens = read_tokens(path)

    assert [token and token.name for token in map(tokens.match, secrets)] == ["lab", None, "hall"]
    assert tokens.now(before) is None


def test_a_token_under_an_old_name_with_a_new_hash_is_another_one() -> None:
    before = parse_tokens(f'[tokens.a]\nhash = "{HASH}"\n', PATH).by_name["a"]
    tokens = parse_tokens(f'[tokens.a]\nhash = "{digest_of("other")}"\n', PATH)

    now = tokens.now(before)

    assert now is None


def test_what_is_not_there_cannot_be_revoked(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    new_token(path, a_token())

    with pytest.raises(TokenError, match="has no token named 'nobody'"):
        revoke(path, "nobody")


def test_a_token_that_stands_in_one_line_is_not_edited_wrongly(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text(f'tokens.a.hash = "{HASH}"\n')

    with pytest.raises(TokenError):
        revoke(path, "a")

    assert path.read_text() == f'tokens.a.hash = "{HASH}"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tokens.a]\n", "tokens.toml:1: tokens.a lacks 'hash', a text"),
        ('[tokens.a]\nhash = "x"\n', "tokens.toml:2: tokens.a.hash has to be sha256: and 64 digits"),
        (f'[tokens.a]\nhash = "{HASH}"\nrole = "king"\n', "tokens.toml:3: tokens.a.role has to be organizer, part"),
        (f'[tokens.a]\nhash = "{HASH}"\nstation = true\n', "did you mean 'stations'?"),
        (f'[tokens."a b"]\nhash = "{HASH}"\n', "cannot be a token's name"),
        (f'[tokens.a]\nhash = "{HASH}"\n[tokens.b]\nhash = "{HASH}"\n', "tokens.toml:3: tokens.b has the hash of 'a'"),
        ("[token.a]\n", "tokens.toml:1: token does not exist"),
        ("tokens = 1\n", "has to be a table"),
        ("[tokens", "this is not TOML"),
        ("a=" + "[" * 9_000, "this is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(TokenError) as caught:
        parse_tokens(text, PATH)

    assert sentence in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (5 << 20)])
def test_a_file_that_is_no_token_file_is_not_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.toml"
    path.write_bytes(content)

    with pytest.raises(TokenError):
        read_tokens(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="cannot be read"):
        read_tokens(tmp_path / "none.toml")
