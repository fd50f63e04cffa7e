"""How a browser comes in with a token, and what keeps others from doing it in its name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from recordings import RecordingBuilder

from hub.access.nearness import BADGE
from hub.access.token_file import TokenFile
from hub.access.tokens import Role, Token, new_token, read_tokens, revoke
from hub.access.viewing import Viewing
from hub.feed import VIEWING
from hub.page.entrance import ANOTHERS, FORGOTTEN
from hub.page.seats import LASTS_S, seats_path
from tui.commands.hub_app import PAGES, app_with_page

Client = TestClient[web.Request, web.Application]
AFAR = {"Via": "1.1 a-proxy"}
SHOWN = "plugfest_a-badge-of-a-hub"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    new_token(tmp_path / "tokens.toml", Token(name="first", digest="", role=Role.ORGANIZER))
    return tmp_path / "tokens.toml"


@pytest.fixture
async def client(tmp_path: Path, file: Path) -> AsyncIterator[Client]:
    RecordingBuilder(tmp_path / "event.recording").__exit__(None, None, None)
    async with client_of(tmp_path / "event.recording", file) as client:
        yield client


def client_of(recording: Path, file: Path | None) -> Client:
    app = app_with_page(recording, PAGES["here"])
    app[VIEWING] = Viewing(TokenFile(file) if file else None)
    app[BADGE] = SHOWN
    return TestClient(TestServer(app))


def token_of(client: Client, file: Path, role: Role = Role.ORGANIZER) -> str:
    secret = new_token(file, Token(name=f"new-{role}", digest="", role=role))
    tokens = client.app[VIEWING]._tokens
    assert tokens is not None
    tokens.tokens = read_tokens(file)
    return secret


async def enter(client: Client, secret: str, **headers: str) -> ClientResponse:
    return await client.post("/-/page/enter", json={"token": secret}, headers=AFAR | headers)


async def test_browser_that_shows_a_token_gets_a_cookie_for_the_page_alone_that_no_script_and_no_site_can_use(
    client: Client, file: Path
) -> None:
    secret = token_of(client, file)

    answer = await enter(client, secret)
    (cookie,) = answer.cookies.values()
    seen = await client.get("/-/page/data/legend", headers=AFAR)

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/-/page")
    assert cookie["max-age"] == str(int(LASTS_S))
    assert cookie.key.endswith(str(client.port))
    assert secret not in cookie.value
    assert (await answer.json())["role"] == "organizer"
    assert seen.status == 200


async def test_cookie_is_for_https_only_where_the_browser_has_come_by_https(client: Client, file: Path) -> None:
    secret = token_of(client, file)

    by_http = await enter(client, secret, Origin=f"http://127.0.0.1:{client.port}")
    by_https = await enter(client, secret, Origin=f"https://127.0.0.1:{client.port}")

    assert [bool(next(iter(each.cookies.values()))["secure"]) for each in (by_http, by_https)] == [False, True]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://[::"},
        {"Origin": "://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_page_of_somebody_else_lets_nobody_in_and_nobody_out(
    client: Client, file: Path, headers: dict[str, str]
) -> None:
    secret = token_of(client, file)

    entered = await enter(client, secret, **headers)
    left = await client.post("/-/page/leave", json={}, headers=AFAR | headers)

    assert [(each.status, (await each.text()).strip()) for each in (entered, left)] == [(403, ANOTHERS)] * 2
    assert not entered.cookies


async def test_what_a_form_of_any_page_can_send_lets_nobody_in(client: Client, file: Path) -> None:
    secret = token_of(client, file)

    answer = await client.post("/-/page/enter", data={"token": secret}, headers=AFAR)

    assert (answer.status, bool(answer.cookies)) == (415, False)


@pytest.mark.parametrize(
    ("body", "status"), [(b"[]", 400), (b'{"token":7}', 400), (b"{", 400), (b'{"token":""}', 401), (b"x" * 9_000, 400)]
)
async def test_what_is_no_token_is_an_error_with_a_sentence(client: Client, body: bytes, status: int) -> None:
    answer = await client.post("/-/page/enter", data=body, headers=AFAR | {"Content-Type": "application/json"})

    assert answer.status == status
    assert "Traceback" not in await answer.text()


async def test_guessing_at_the_page_is_slowed_down_too(client: Client) -> None:
    statuses = [(await enter(client, f"plugfest_guess-{number}")).status for number in range(12)]

    assert (statuses[0], statuses[-1]) == (401, 429)


async def test_token_of_nobody_gets_no_cookie_and_the_reason(client: Client, file: Path) -> None:
    answer = await enter(client, token_of(client, file, Role.PARTICIPANT))

    assert (answer.status, bool(answer.cookies)) == (403, False)
    assert "of no participant of the event" in await answer.text()


async def test_browser_that_leaves_is_a_stranger_again(client: Client, file: Path) -> None:
    await enter(client, token_of(client, file))
    kept = {each.key: each.value for each in client.session.cookie_jar}

    await client.post("/-/page/leave", json={}, headers=AFAR)
    after = await client.get("/-/page/data/legend", headers=AFAR)
    again = await client.get("/-/page/data/legend", headers=AFAR, cookies=kept)

    assert (after.status, again.status) == (403, 401)
    assert (await again.text()).strip() == FORGOTTEN


async def test_cookie_of_a_revoked_token_is_refused_with_the_reason_also_on_the_hubs_own_machine(
    client: Client, file: Path
) -> None:
    await enter(client, token_of(client, file))
    revoke(file, "new-organizer")
    client.app[VIEWING]._tokens.tokens = read_tokens(file)  # type: ignore[union-attr]  # it was made with one

    answers = [await client.get("/-/page/data/legend", headers=headers) for headers in (AFAR, {})]

    assert [(each.status, (await each.text()).strip()) for each in answers] == [(403, "this token was revoked")] * 2


async def test_browser_that_shows_the_badge_on_the_hubs_machine_sees_everything_there_alone(
    client: Client, file: Path
) -> None:
    passed_on = await enter(client, SHOWN)
    entered = await client.post("/-/page/enter", json={"token": SHOWN})
    answers = [await client.get("/-/page/data/legend", headers=headers) for headers in ({}, AFAR)]

    assert (passed_on.status, entered.status) == (401, 200)
    assert [each.status for each in answers] == [200, 401]
    assert seats_path(file).read_text() == "{}"


async def test_link_of_an_earlier_run_of_the_hub_is_told_what_to_open(tmp_path: Path) -> None:
    RecordingBuilder(tmp_path / "event.recording").__exit__(None, None, None)
    async with client_of(tmp_path / "event.recording", None) as without_tokens:
        answer = await without_tokens.post("/-/page/enter", json={"token": f"{SHOWN}-of-yesterday"})

        assert answer.status == 401
        assert "open the one that `plugfest serve` printed when" in await answer.text()


@pytest.mark.parametrize(("kept", "status"), [(True, 200), (False, 401)])
async def test_browser_goes_on_when_the_hub_was_started_anew_and_shows_its_token_again_where_nothing_was_kept(
    client: Client, file: Path, tmp_path: Path, kept: bool, status: int
) -> None:
    await enter(client, token_of(client, file))
    cookies = {each.key.replace(str(client.port), "80"): each.value for each in client.session.cookie_jar}
    if not kept:
        (tmp_path / "tokens.toml.seats").write_text("garbage")

    async with client_of(tmp_path / "event.recording", file) as again:
        answer = await again.get("/-/page/data/legend", headers=AFAR | {"Host": "hub"}, cookies=cookies)

    assert answer.status == status
