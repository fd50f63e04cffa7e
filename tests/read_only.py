"""A disk that takes nothing any more, as on a file system that has become read-only."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_file_takes_a_byte() -> Iterator[None]:
    """Let every write to a file of this process fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
