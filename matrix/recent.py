"""A dict that forgets: what is remembered of a peer must not grow with what the peer says."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
_set = dict.__setitem__


class Recent(dict[K, V]):
    """The latest entries by key, `limit` of them; what was entered first is forgotten first."""

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, key: K, value: V) -> None:
        _set(self, key, value)
        if len(self) > self.limit:
            del self[next(iter(self))]
