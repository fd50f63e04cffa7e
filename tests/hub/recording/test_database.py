from pathlib import Path

import apsw

from hub.recording.database import connect, reason_of


def test_what_went_wrong_is_said_also_once_the_connection_is_closed(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db")
    connection.close()

    assert reason_of(apsw.IOError("disk I/O error"), connection) == "disk I/O error"
