from pathlib import Path

import pytest
from drawing import draw, judged, read_drawing
from goldens import SESSIONS, drawings

from hub.evidence.smallest import besides, findings_in, places_of, smallest
from matrix.finding import Finding
from matrix.trace import Closed, Frame, Opened, Traffic, mark_of

BEATS = [
    line
    for number in range(40)
    for line in (f'> [2,"h{number}","Heartbeat",{{}}]', f'< [3,"h{number}",{{"currentTime":"$NOW"}}]')
]
BOOT = (
    '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
)


def the(traffic: list[Traffic], rule: str) -> Finding:
    return next(finding for finding in judged(traffic).findings if finding.rule == rule)


def frames(traffic: tuple[Traffic, ...]) -> list[Frame]:
    return [item for item in traffic if isinstance(item, Frame)]


def test_of_many_messages_the_two_that_make_a_second_answer_are_left() -> None:
    traffic = draw(
        *BOOT, *BEATS, '> [2,"x","Heartbeat",{}]', '< [3,"x",{"currentTime":"$NOW"}]', '< [3,"x",{}]', *BEATS
    )
    finding = the(traffic, "RPC-08")

    least = smallest(traffic, finding)

    assert least is not None
    assert least.is_minimal
    assert finding in findings_in(least.traffic)
    assert len(frames(least.traffic)) == 3
    assert least.left_out == len(traffic) - 2 - 3


@pytest.mark.parametrize(
    "drawing", [path for path in drawings() if path.parent.name in ("field", "transactions16", "connections")],
    ids=lambda path: str(path.relative_to(SESSIONS)),
)  # fmt: skip
def test_what_is_left_shows_the_finding_and_without_any_message_it_is_gone(drawing: Path) -> None:
    traffic = read_drawing(drawing)
    places = places_of(judged(traffic).findings)

    for finding in judged(traffic).findings[:2]:
        least = smallest(traffic, finding)

        assert least is not None
        assert finding in findings_in(least.traffic)
        for frame in frames(least.traffic) if len(frames(least.traffic)) > 1 else []:
            found = findings_in([item for item in least.traffic if item is not frame])
            is_needed = finding not in found or besides(found, places)
            assert is_needed or frame.opcode == 0 or not frame.fin


def test_an_answer_is_left_with_its_call_so_that_nobody_is_accused_of_answering_nothing() -> None:
    traffic = draw(*BOOT, *BEATS, '> [2,"x","Heartbeat",{}]', '< [4,"x","NotSupported"]', *BEATS)
    finding = the(traffic, "RPC-05")
    alone = [item for item in traffic if isinstance(item, Opened | Closed) or mark_of(item) == finding.frame]

    least = smallest(traffic, finding)

    assert finding in findings_in(alone)
    assert "RPC-08" in {each.rule for each in findings_in(alone)}
    assert least is not None
    assert findings_in(least.traffic) == [finding]
    assert [frame.payload[:7] for frame in frames(least.traffic)] == ['[2,"x",', '[4,"x",']
    assert least.is_minimal


def test_sessions_that_do_not_matter_are_left_out_whole() -> None:
    traffic = read_drawing(
        SESSIONS / "connections" / next(iter(sorted((SESSIONS / "connections").glob("*.session")))).name
    )
    finding = judged(traffic).findings[0]

    least = smallest(traffic, finding)

    assert least is not None
    opened = {item.session.id for item in least.traffic if isinstance(item, Opened)}
    assert finding.session in opened
    assert opened == {item.session.id for item in least.traffic if isinstance(item, Closed)}


def test_a_finding_that_is_not_there_has_no_smallest_part() -> None:
    finding = the(draw('> [2,"x","Heartbeat",{}]', '< [3,"x",{"currentTime":"$NOW"}]', '< [3,"x",{}]'), "RPC-08")

    assert smallest(draw(*BEATS), finding) is None


def test_the_fragments_of_a_message_stay_together() -> None:
    traffic = draw(*BEATS, '> part [2,"x","Heartbeat"', '> next ,{"a":', "> last 1}]", '< [4,"x","NoSuchCode","",{}]')
    finding = next(each for each in judged(traffic).findings if each.frame == frames(tuple(traffic))[-2].id)

    least = smallest(traffic, finding)

    assert least is not None
    assert [frame.opcode for frame in frames(least.traffic)] == [1, 0, 0]
