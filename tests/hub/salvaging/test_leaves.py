"""Rows read without SQLite are the rows that it wrote."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.salvaging.leaves import BrokenPageError, opened_pages, page_size_of, record, varint

VALUES = st.one_of(
    st.none(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=50),
    st.binary(max_size=50),
    st.integers(1, 9_000).map(lambda length: "x" * length),
)


def written(path: Path, rows: list[tuple[Any, Any]], page: int) -> None:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA page_size = {page}")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
        connection.executemany("INSERT INTO t (a, b) VALUES (?, ?)", rows)
    connection.close()


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=40), page=st.sampled_from([512, 1024, 2048, 4096, 65536]))
def test_every_row_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, Any]], page: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.db"
    written(path, rows, page)

    with opened_pages(path) as (pages, is_whole):
        found = {each.number: each.values[1:] for each in pages.rows() if len(each.values) == 3}

    assert is_whole
    assert found == dict(enumerate(rows, start=1))


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_bytes_that_are_no_row_are_refused(content: bytes) -> None:
    with suppress(BrokenPageError):
        assert isinstance(record(content), tuple)


@pytest.mark.parametrize("page", [1024, 2048, 4096, 8192])
def test_the_size_of_pages_is_told_without_the_header(tmp_path: Path, page: int) -> None:
    written(tmp_path / "rows.db", [("x" * 300, number) for number in range(300)], page)
    content = bytearray((tmp_path / "rows.db").read_bytes())
    content[:100] = bytes(100)

    assert page_size_of(bytes(content)) == page


def test_the_size_of_pages_is_believed_where_few_of_them_are_leaves(tmp_path: Path) -> None:
    written(tmp_path / "rows.db", [(None, "0"), (None, "x" * 6_084)], 1024)

    assert page_size_of((tmp_path / "rows.db").read_bytes()) == 1024


def test_a_number_that_goes_on_after_its_page_is_refused() -> None:
    with pytest.raises(BrokenPageError):
        varint(b"\xff\xff", 0)
