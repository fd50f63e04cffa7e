"""What to fix first, by its keys: filters, the rule's page, the frames."""

from pathlib import Path

import pytest
from dashboards import dashboard, ready, shown, until
from plugfest_floor import ACCEPTED, NUMBER, Floor
from recorded import record
from recordings import RecordingBuilder
from textual.pilot import Pilot

from hub.notes import Order, write_note
from tui.app import PlugfestApp
from tui.fixing import Group
from tui.lines.text import CONTESTED
from tui.reading.source import Source
from tui.screens.findings import FindingsScreen
from tui.screens.matrix import MatrixScreen
from tui.screens.occurrences import OccurrencesScreen
from tui.screens.pair import PairScreen
from tui.screens.rule import RuleScreen
from tui.screens.session import SessionScreen
from tui.widgets.findings_list import FindingsList
from tui.widgets.live_messages import LiveMessages
from tui.widgets.occurrence_list import OccurrenceList


def listed(pilot: Pilot[None]) -> FindingsList:
    return pilot.app.screen.query_one(FindingsList)


async def go_to_rule(pilot: Pilot[None], code: str) -> None:
    entries = listed(pilot).entries
    place = next(number for number, entry in enumerate(entries) if isinstance(entry, Group) and entry.rule == code)
    listed(pilot).go_to(place)
    await pilot.pause()


async def test_f_shows_what_to_fix_first_by_vendor_with_counts(event: Path) -> None:
    async with dashboard(event, size=(120, 30)) as pilot:
        await pilot.press("f")

        text = shown(pilot)
        assert isinstance(pilot.app.screen, FindingsScreen)
        assert "Alder (station)" in text
        assert "acme (CSMS)" in text
        assert "▲ RPC-19         1       2        1  12:00:00    12:00:00" in text


async def test_bar_says_when_and_how_often_and_what_was_found_last(event: Path) -> None:
    async with dashboard(event, size=(160, 30)) as pilot:
        await pilot.press("f")
        await go_to_rule(pilot, "RPC-19")

        assert "2 times in 1 session, seen 2026-01-01 12:00:00 to 2026-01-01 12:00:00" in shown(pilot)
        assert "last: #1 value is the number 605" in shown(pilot)


async def test_enter_lists_the_occurrences_and_enter_there_goes_to_the_frame(event: Path) -> None:
    async with dashboard(event, size=(120, 30)) as pilot:
        await pilot.press("f")
        await go_to_rule(pilot, "RPC-19")
        await pilot.press("enter")
        occurrences = pilot.app.screen
        first_of_list = shown(pilot)
        await pilot.press("down", "enter")
        messages = pilot.app.screen.query_one(LiveMessages)
        await until(pilot, lambda: messages.length > 0)

        assert isinstance(occurrences, OccurrencesScreen)
        assert "604.213" in first_of_list
        assert isinstance(pilot.app.screen, SessionScreen)
        assert "605" in shown(pilot)
        assert messages.frame_id == 8


async def test_finding_about_a_handshake_leads_to_the_handshake(tmp_path: Path) -> None:
    path = tmp_path / "handshake.recording"
    with RecordingBuilder(path) as builder:
        builder.session("CS-1", "acme", chosen="ocpp1.6", offered='["ocpp2.0.1"]')
    async with dashboard(path, size=(120, 40)) as pilot:
        await pilot.press("f", "down", "enter", "enter")
        await until(pilot, lambda: "GET /acme" in shown(pilot))

        assert isinstance(pilot.app.screen, SessionScreen)


async def test_r_explains_the_rule_here_and_among_its_occurrences(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("f")
        await go_to_rule(pilot, "RPC-19")
        await pilot.press("r")
        here = shown(pilot)
        is_rule = isinstance(pilot.app.screen, RuleScreen)
        await pilot.press("escape", "enter", "r")

        assert is_rule
        assert "Breach:" in here
        assert isinstance(pilot.app.screen, RuleScreen)


async def test_r_on_a_vendor_says_that_no_rule_stands_there(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("f", "home", "r")

        assert "no rule stands here" in shown(pilot)


async def test_enter_on_a_vendor_shows_that_one_alone_and_then_all_again(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("f")
        everyone = len(listed(pilot).entries)
        await pilot.press("home", "enter")
        alone = len(listed(pilot).entries)
        await pilot.press("home", "enter")

        assert alone < everyone == len(listed(pilot).entries)


async def test_v_and_s_choose_a_vendor_and_a_severity_in_turn_and_escape_clears(event: Path) -> None:
    async with dashboard(event, size=(120, 30)) as pilot:
        await pilot.press("f", "v", "s")
        chosen = shown(pilot)
        await pilot.press("escape")
        cleared = shown(pilot)
        await pilot.press("escape")

        assert "only Alder (station)  only violation" in chosen
        assert "esc clears" not in cleared
        assert isinstance(pilot.app.screen, MatrixScreen)


async def test_text_is_filtered_while_it_is_typed(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("f", "slash", *"zzz")
        nothing = shown(pilot)
        await pilot.press("escape", "slash", *"acme", "enter")

        assert "nothing that the filter lets through" in nothing
        assert "acme (CSMS)" in shown(pilot)
        assert "Alder (station)" not in shown(pilot)


async def test_f_on_a_pair_shows_the_findings_of_that_pair_alone(event: Path) -> None:
    async with dashboard(event, size=(120, 30)) as pilot:
        await pilot.press("enter")
        on_pair = isinstance(pilot.app.screen, PairScreen)
        await pilot.press("f")

        assert on_pair
        assert "Alder One with acme" in shown(pilot)
        assert "404" not in shown(pilot)


async def test_palette_offers_the_severities(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("f")
        commands = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]

        assert "Show warning findings only" in commands
        assert "Judge again" in commands


async def test_help_has_the_keys_of_the_screen_and_of_judging_again(event: Path) -> None:
    async with dashboard(event, size=(100, 100)) as pilot:
        await pilot.press("f", "question_mark")

        text = shown(pilot)
        assert "Only one vendor, in turn" in text
        assert "Judge everything again" in text


async def test_recording_without_findings_says_that_no_rule_was_broken(tmp_path: Path) -> None:
    path = tmp_path / "clean.recording"
    with RecordingBuilder(path):
        pass
    async with dashboard(path) as pilot:
        await pilot.press("f", "enter", "r", "s", "v")

        assert "nothing that the filter lets through" in shown(pilot)
        await pilot.press("escape")
        assert "nothing was found: no rule was broken" in shown(pilot)


async def test_what_the_event_regraded_is_listed_with_its_reason(event: Path, tmp_path: Path) -> None:
    rules = tmp_path / "event.toml"
    rules.write_text('[rules.RPC-19]\nseverity = "off"\nreason = "agreed on Monday"\n', encoding="utf-8")
    app = PlugfestApp(Source(event, rules_file=rules))
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot)
        await pilot.press("f", "end")
        line = shown(pilot)
        await pilot.press("enter")

        assert "rule RPC-19 is off at this event: agreed on Monday" in line
        assert isinstance(app.screen, RuleScreen)
        assert "rule RPC-19 is off at this event: agreed on Monday" in shown(pilot)


@pytest.mark.parametrize("size", [(40, 14), (80, 24)])
async def test_occurrences_keep_their_places_while_more_come(event: Path, size: tuple[int, int]) -> None:
    async with dashboard(event, size=size) as pilot:
        await pilot.press("f")
        await go_to_rule(pilot, "RPC-19")
        await pilot.press("enter", "down")
        occurrences = pilot.app.screen.query_one(OccurrenceList)
        assert isinstance(pilot.app, PlugfestApp)
        finding = pilot.app.source.verdicts.of(1).findings(6)[0]
        session = pilot.app.source.verdicts.of(1).session
        assert session is not None
        pilot.app.source.verdicts.tallies.note(finding, session, 0)
        pilot.app.screen.on_screen_resume()  # type: ignore[attr-defined]  # as after a new board
        await pilot.pause()

        assert (occurrences.length, occurrences.cursor) == (2, 1)
        if size[0] == 80:
            assert "1 time more since" in shown(pilot)


async def test_occurrence_shows_who_contests_it_and_what_the_other_products_do(tmp_path: Path) -> None:
    floor = Floor()
    for csms in ("acme", "borealis"):
        floor.meet("Alpha One", csms, NUMBER, ACCEPTED)
    path = record(tmp_path / "contested.recording", *floor.sessions)
    write_note(path, Order(author="Volt", text="it is ours", session=1, action="StatusNotification"))
    async with dashboard(path, size=(120, 30)) as pilot:
        await pilot.press("f")
        await go_to_rule(pilot, "RPC-19")
        await pilot.press("enter")
        text = shown(pilot)

        assert f"▸ {CONTESTED}#1" in text
        assert f"{CONTESTED}#2" not in text
        assert "contested by Volt" in text
        assert "the station, certain" in text
        assert "◇ this station does it with every CSMS" in text.replace("\n ", " ")
