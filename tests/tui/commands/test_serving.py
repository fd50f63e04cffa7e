import resource
from collections.abc import Iterator

import pytest

from tui.commands.serving import allow_many_sessions, why_few_sessions


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield soft, hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_hub_may_open_as_many_files_as_the_system_lets_it(limits: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))

    allow_many_sessions()

    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (limits[1], limits[1])


def test_a_limit_that_leaves_room_for_few_sessions_is_put_into_a_sentence() -> None:
    sentences = [why_few_sessions(files) for files in (20, 1024, 2050, resource.RLIM_INFINITY)]

    assert sentences == [
        "there is room for about 0 sessions: this system lets the hub open 20 files (`ulimit -Hn`)",
        "there is room for about 487 sessions: this system lets the hub open 1024 files (`ulimit -Hn`)",
        None,
        None,
    ]
