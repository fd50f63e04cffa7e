"""Sessions drawn as text, as they are put side by side."""

from drawing import draw

from matrix.comparing.diff import SessionDiff
from matrix.comparing.turns import Listener, Talk
from matrix.trace import Side


def talk(*lines: str, version: str = "1.6") -> Talk:
    """Return what was said in a drawn session."""
    listener = Listener()
    for item in draw(*lines, version=version):
        listener.feed(item)
    return listener.talks[1]


def compared(before: list[str], after: list[str], version: str = "1.6", played: Side | None = None) -> SessionDiff:
    """Put two drawn sessions side by side."""
    return SessionDiff(talk(*before, version=version), talk(*after, version=version), played)


def told(diff: SessionDiff) -> list[str]:
    """Return what differs and means something, as `kind Action /pointer`."""
    lines: list[str] = []
    for row in diff.rows:
        places = [each.pointer for each in diff.differences(row) if each.aside is None]
        lines += [f"{row.kind} {row.turn.name} {place}".rstrip() for place in places or [""] if row.differs]
    return lines


def asides(diff: SessionDiff) -> list[str]:
    """Return what differs and is set aside, as `why /pointer`."""
    found = [each for row in diff.rows for each in diff.differences(row) if each.aside]
    return [f"{each.aside.name if each.aside else ''} {each.pointer}".rstrip() for each in found]
