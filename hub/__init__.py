"""Sockets, disk and the live feed: the relay, the recorder, the recording."""
