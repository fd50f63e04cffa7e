"""The base of the hub's errors: lower-case facts with the value, shown to people as they are."""

import os


class HubError(Exception):
    """Something the hub cannot do; the message is a sentence for the person who asked for it."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to say, a line each: the message, where there is no more than one thing to say."""
        return (str(self),)


class RecorderError(HubError):
    """The recording cannot be written to; the message says why."""


class LockedError(RecorderError):
    """Another process writes to the recording; the message says which."""


def words_of(exc: BaseException) -> str:
    """Return what the system says of an error, without its number."""
    if isinstance(exc, OSError) and exc.errno and exc.errno > 0:
        return os.strerror(exc.errno).lower()
    return str(getattr(exc, "strerror", None) or exc or type(exc).__name__).lower()
