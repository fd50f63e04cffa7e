"""The beginning of an event file with two CSMSes, for tests that add their own stations."""

from typing import Final

TWO_CSMSES: Final = """\
[event]
name = "Fest"
[participants.volta]
[csmses.lotus]
participant = "volta"
url = "ws://127.0.0.1:9100"
versions = ["1.6"]
[csmses.deep]
participant = "volta"
url = "ws://127.0.0.1:9200"
versions = ["1.6"]
"""
