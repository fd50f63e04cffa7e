"""Values of options as they are typed."""

import pytest

from tui.typed.values import OptionError, origin_of


@pytest.mark.parametrize("origin", ["https://host", "http://host:8080", "file://", "null", "*"])
def test_an_origin_to_be_allowed_is_that_of_a_page_or_what_libraries_of_stations_send(origin: str) -> None:
    assert origin_of(origin) == origin


@pytest.mark.parametrize("origin", ["host", "https://", "https://host/page", "file:///etc", ""])
def test_what_is_no_origin_cannot_be_allowed(origin: str) -> None:
    with pytest.raises(OptionError, match="wants an origin such as"):
        origin_of(origin)
