"""`judge` and `rules`, as a person or a program uses them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import run
from drawing import draw
from plugfest_floor import ACCEPTED, NUMBER, REFUSED, Floor
from recorded import record

from hub.recording.writable import open_for_writing
from matrix.ruleset import ruleset
from tui.commands import printing
from tui.lines.text import CONTESTED


def test_judge_of_a_clean_recording_exits_0(clean: Path) -> None:
    result = run("judge", clean)

    assert result.exit_code == 0
    assert "✓ passed" in result.stdout
    assert "every message type that was tried has passed" in result.stdout


def test_judge_of_a_faulty_recording_exits_1_and_names_rule_and_place(faulty: Path) -> None:
    result = run("judge", faulty)

    assert result.exit_code == 1
    assert "RPC-19" in result.stdout
    assert "/meterValue/0/sampledValue/0/value"[:30] in result.stdout


def test_judge_as_json_has_the_shape_that_programs_rely_on(faulty: Path) -> None:
    verdicts = json.loads(run("judge", faulty, "--json").stdout)

    (pair,) = verdicts["pairs"]
    (finding,) = verdicts["findings"]
    assert verdicts["ruleset"] == "2026.11"
    assert pair["station"] == {"vendor": "OpenEVSE", "model": "wifi", "firmware": "4.1.2", "identity": "CS-50"}
    assert (pair["csms"], pair["version"], pair["outcome"], pair["sessions"]) == (
        {"name": "acme"},
        "1.6",
        "failed",
        [1],
    )
    assert pair["actions"]["BootNotification"]["outcome"] == "passed"
    assert pair["actions"]["BootNotification"]["counts"] == {"passed": 1}
    assert finding["rule"] == "RPC-19"
    assert finding["pointer"] == "/meterValue/0/sampledValue/0/value"
    assert (finding["side"], finding["session"], finding["action"]) == ("station", 1, "MeterValues")


@pytest.fixture
def repaired(tmp_path: Path) -> Path:
    """A station that sends a number for a string, and the same one after an update."""
    boot = '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"%s"}]'
    booted = '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":300}]'
    beat = '> [2,"h","Heartbeat",{}]'
    return record(
        tmp_path / "repaired.recording",
        draw(boot % "1.4.1", booted, beat, '< [4,"h","InternalError","",{}]'),
        draw(boot % "1.4.2", booted, beat, '< [3,"h",{"currentTime":"$NOW"}]'),
    )


def test_judge_says_how_outcomes_have_changed_where_it_is_asked(repaired: Path) -> None:
    asked, not_asked = run("judge", repaired, "--history"), run("judge", repaired)

    assert "✗✓" in asked.stdout
    assert "failed until 10:00:00, passed since firmware 1.4.2" in asked.stdout
    assert "passed since" not in not_asked.stdout


def test_judge_says_that_nothing_has_changed(clean: Path) -> None:
    assert "no outcome has changed" in run("judge", clean, "--history").stdout


def test_history_is_in_the_json_of_what_has_changed(repaired: Path) -> None:
    (pair,) = json.loads(run("judge", repaired, "--json").stdout)["pairs"]

    history = pair["actions"]["Heartbeat"]["history"]
    assert (history["changes"], history["dropped"], history["flapping"]) == (1, 0, False)
    assert [(each["outcome"], each["session"], each["firmware"]) for each in history["stretches"]] == [
        ("failed", 1, "1.4.1"),
        ("passed", 2, "1.4.2"),
    ]
    assert "history" not in pair["actions"]["Connect"]


def test_judge_marks_what_is_contested_and_stays_with_its_outcome(faulty: Path) -> None:
    before = run("judge", faulty)
    run("note", faulty, "add", "--session", 1, "--action", "MeterValues", "--by", "Volt", "it is a string")

    result, as_json = run("judge", faulty), json.loads(run("judge", faulty, "--json").stdout)

    assert f"✗{CONTESTED} failed" in result.stdout
    assert f"{CONTESTED} MeterValues, session 1: contested by Volt, " in result.stdout
    assert result.exit_code == before.exit_code == 1
    assert [(note["author"], note["text"]) for note in as_json["notes"]] == [("Volt", "it is a string")]
    assert as_json["pairs"][0]["outcome"] == "failed"


def test_judge_of_a_narrow_terminal_gives_each_finding_two_lines(faulty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "WIDTH", 80)

    lines = run("judge", faulty).stdout.splitlines()

    assert "RPC-19 violation by the station, certain, MeterValues, session 1, frame 4" in lines
    assert max(map(len, lines)) <= 80


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Return a recording in which stations of three vendors make the same mistake."""
    floor = Floor()
    for product, answer in (("Alpha One", ACCEPTED), ("Beta Two", REFUSED), ("Gamma Three", ACCEPTED)):
        for csms in ("acme", "boreal"):
            floor.meet(product, csms, NUMBER, answer)
    return record(tmp_path / "shared.recording", *floor.sessions)


def test_judge_says_whose_doing_it_is_and_what_the_others_do(shared: Path) -> None:
    said = " ".join(run("judge", shared).stdout.split())

    assert "the station, certain: the CALL does not fit its schema" in said
    assert "both sides, certain: one side sent what does not fit" in said
    assert "RPC-19 StatusNotification /connectorId: Alpha One with acme, boreal" in said
    assert "2 of 2 other stations do it too" in said
    assert "shared by 3 or more independent vendors: see judge --errata" in said


def test_judge_as_json_says_for_each_finding_how_sure_it_is_and_what_the_others_do(shared: Path) -> None:
    verdicts = json.loads(run("judge", shared, "--json").stdout)

    finding = next(each for each in verdicts["findings"] if each["rule"] == "RPC-19")
    actions = [pair["actions"]["StatusNotification"] for pair in verdicts["pairs"]]
    assert (finding["confidence"], finding["why"]) == ("certain", "what was sent proves it by itself")
    assert finding["witness"]["done"] == [2, 2]
    assert finding["witness"]["peers"] == [2, 2]
    assert [action["evidence"]["blame"]["sides"] for action in actions[:3:2]] == [["station", "csms"], ["station"]]
    assert [each["rule"] for each in verdicts["errata"]] == ["RPC-19"]


def test_errata_are_listed_as_questions_with_a_frame_of_each_vendor(shared: Path) -> None:
    result = run("judge", shared, "--errata")

    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[0] == "RPC-19 StatusNotification /connectorId  OCPP 1.6"
    assert lines[1].startswith(
        "  stations of 3 vendors do otherwise: is it meant that “The payload fits the JSON schema"
    )
    assert [line.split()[:5] for line in lines[3:]] == [
        ["Alpha", "One", "session", "1,", "frame"],
        ["Beta", "Two", "session", "3,", "frame"],
        ["Gamma", "Three", "session", "5,", "frame"],
    ]


def test_errata_as_json_are_one_object(shared: Path) -> None:
    (candidate,) = json.loads(run("judge", shared, "--errata", "--json").stdout)["errata"]

    assert (candidate["rule"], candidate["pointer"], candidate["vendors"]) == ("RPC-19", "/connectorId", 3)
    assert [each["vendor"] for each in candidate["seen"]] == ["Alpha", "Beta", "Gamma"]


def test_errata_of_a_recording_without_any_says_so(clean: Path) -> None:
    result = run("judge", clean, "--errata")

    assert (result.exit_code, result.stdout) == (0, "no deviation is shared by three independent vendors\n")


def test_judge_of_an_empty_recording_claims_nothing(tmp_path: Path) -> None:
    result = run("judge", record(tmp_path / "empty.recording"))

    assert result.exit_code == 0
    assert "passed" not in result.stdout
    assert "no station has connected yet" in result.stdout


def test_rule_that_was_broken_makes_judge_exit_1_though_nothing_failed(tmp_path: Path) -> None:
    refused = draw('> [2,"a","Frobnicate",{}]', '< [4,"a","NotImplemented","",{}]')

    assert run("judge", record(tmp_path / "refused.recording", refused)).exit_code == 1


def test_rule_that_an_event_switches_off_finds_nothing_and_its_reason_is_printed(faulty: Path, tmp_path: Path) -> None:
    rules = tmp_path / "event.toml"
    rules.write_text('[rules.RPC-19]\nseverity = "off"\nreason = "agreed on Monday"\n', encoding="utf-8")

    result = run("judge", faulty, "--rules", rules)

    assert "rule RPC-19 is off at this event: agreed on Monday" in result.stdout
    assert "number" not in result.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("rules = [", "Invalid value"),
        ('[rules.XX-1]\nseverity = "off"\nreason = "x"', "rules.XX-1: there is no such rule"),
        ("rules = 5", "rules.rules: there is no such rule"),
        (None, "cannot be read: No such file"),
    ],
)
def test_file_of_rules_that_cannot_be_used_exits_2_with_a_sentence(
    content: str | None, said: str, faulty: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "event.toml"
    if content is not None:
        rules.write_text(content, encoding="utf-8")

    result = run("judge", faulty, "--rules", rules)

    assert result.exit_code == 2
    assert said in result.stderr


def test_saved_verdicts_are_read_by_the_sqlite3_shell(faulty: Path) -> None:
    run("judge", faulty, "--save")
    run("judge", faulty, "--save")

    with sqlite3.connect(faulty) as connection:
        findings = connection.execute("SELECT rule, side, ruleset FROM finding").fetchall()
        outcomes = dict(connection.execute("SELECT action, outcome FROM outcome").fetchall())
    connection.close()

    assert findings == [("RPC-19", "station", ruleset().name)]
    assert outcomes["MeterValues"] == "failed"


def test_since_ruleset_says_only_what_changed_and_by_which_rule(faulty: Path, tmp_path: Path) -> None:
    rules = tmp_path / "event.toml"
    rules.write_text('[rules.RPC-19]\nseverity = "info"\nreason = "agreed on Monday"\n', encoding="utf-8")
    run("judge", faulty, "--save")

    same, graded = run("judge", faulty, "--since-ruleset"), run("judge", faulty, "--since-ruleset", "--rules", rules)
    run("judge", faulty, "--save", "--rules", rules)
    ungraded = run("judge", faulty, "--since-ruleset", ruleset().name)

    assert (same.exit_code, graded.exit_code, ungraded.exit_code) == (0, 0, 1)
    assert "nothing has changed" in same.stdout
    assert "MeterValues" not in same.stdout
    assert "graded info at this event: agreed on Monday" in graded.stdout
    assert "violation to info 1" in graded.stdout
    assert "not graded any more" in ungraded.stdout
    assert "worse than before" in ungraded.stdout


def test_save_beside_a_running_hub_says_what_to_do_instead(faulty: Path) -> None:
    with closing(open_for_writing(faulty)):
        kept, printed = run("judge", faulty, "--save"), run("judge", faulty)

    assert (kept.exit_code, printed.exit_code) == (2, 1)
    assert "without --save its verdicts are printed now, and --save keeps them once the hub has stopped" in kept.stderr


def test_since_ruleset_as_json_names_cells_rules_and_what_is_left_out(faulty: Path) -> None:
    run("judge", faulty, "--save")
    with sqlite3.connect(faulty) as connection:
        connection.execute("DELETE FROM finding")
        connection.execute("UPDATE outcome SET outcome = 'passed' WHERE action = 'MeterValues'")
        connection.execute("UPDATE session SET closed_mark = closed_mark + 5")
    connection.close()

    result = run("judge", faulty, "--since-ruleset", "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (told["ruleset"], told["worse"], told["not_compared"]) == (ruleset().name, True, 5)
    assert [(cell["action"], cell["before"], cell["after"], cell["rules"]) for cell in told["cells"]] == [
        ("MeterValues", "passed", "failed", ["RPC-19"])
    ]
    assert [(rule["rule"], len(rule["new"]), len(rule["gone"])) for rule in told["rules"]] == [("RPC-19", 1, 0)]


def test_since_ruleset_without_verdicts_or_with_save_exits_2_with_a_sentence(faulty: Path) -> None:
    nothing, both = run("judge", faulty, "--since-ruleset"), run("judge", faulty, "--since-ruleset", "--save")

    assert nothing.exit_code == both.exit_code == 2
    assert "holds no verdicts to compare with: `plugfest judge --save` keeps" in nothing.stderr
    assert "--save keeps the new verdicts afterwards" in " ".join(both.stderr.split())


def test_judge_with_several_processes_prints_what_one_does(faulty: Path, clean: Path) -> None:
    for path in (faulty, clean):
        alone, together = run("judge", path, "--json", "--jobs", 1), run("judge", path, "--json", "--jobs", 2)

        assert together.stdout == alone.stdout


def test_judge_and_rules_name_the_rule_set(faulty: Path) -> None:
    outputs = [run("judge", faulty), run("judge", faulty, "--json"), run("rules"), run("rules", "RPC-19")]

    assert all(ruleset().name in output.stdout for output in outputs)


def test_rules_are_listed_and_explained() -> None:
    listed, one, none = run("rules"), run("rules", "rpc-05"), run("rules", "XX-1")

    assert "RPC-19" in listed.stdout
    assert "Breach:" in one.stdout
    assert "OCPP-J 1.6 §4.2; Part 4 §4.2" in one.stdout
    assert none.exit_code == 2
    assert "there is no rule 'XX-1'" in none.stderr


def test_rules_as_json_are_for_programs() -> None:
    rules = json.loads(run("rules", "--json").stdout)

    assert {"code", "severity", "versions", "sentence", "clause", "undecidable", "explanation"} == set(rules[0])
