from pathlib import Path

from legs import Kept
from written import opened

from hub.handshake.dial import HeadReader
from hub.recording.reading import Recording
from hub.replay.link import Link
from hub.writing.recorders import open_recorder
from matrix.trace import Ending, Side


async def test_connection_that_a_fault_of_ours_breaks_is_not_the_live_peers_doing(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path / "replay.recording")
    recorder.answer(opened())
    told: list[str] = []
    link = Link(1, Side.STATION, recorder, None)
    link.ended = told.append
    reader = HeadReader()
    reader.transport = Kept([], 1)
    link.take_over(reader)

    link.connection_lost(KeyError("ours"))
    await recorder.close()

    with Recording.open(recorder.path) as recording:
        session = recording.session(1)
    assert (session.ending, session.closed_by, session.fault) == (Ending.HUB, None, "the replay failed: KeyError")
    assert told == ["the replay failed: KeyError"]
