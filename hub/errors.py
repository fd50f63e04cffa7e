"""The base of the hub's errors: lower-case facts with the value, shown to people as they are."""


class HubError(Exception):
    """Something the hub cannot do; the message is a sentence for the person who asked for it."""


class RecorderError(HubError):
    """The recording cannot be written to; the message says why."""
