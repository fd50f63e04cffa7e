import pytest
from raw_peers import Deflater

from hub.relaying.deflate import DeflateParameters, InflateError
from matrix.trace import Side


@pytest.mark.parametrize(
    ("extensions", "agreed"),
    [
        (None, None),
        ("", None),
        ("x-webkit-deflate-frame", None),
        ("permessage-deflate", DeflateParameters()),
        ("foo;bar=1, Permessage-Deflate ; server_no_context_takeover", DeflateParameters(True)),
        (
            'permessage-deflate; client_max_window_bits="10"; server_max_window_bits=9; client_no_context_takeover',
            DeflateParameters(False, True),
        ),
        ("permessage-deflate; client_max_window_bits=99; client_no_context_takeover=x", DeflateParameters(False, True)),
    ],
)
def test_parameters_are_read_from_the_header(extensions: str | None, agreed: DeflateParameters | None) -> None:
    assert DeflateParameters.agreed(extensions) == agreed


@pytest.mark.parametrize("bits", [9, 12, 15])
def test_a_stream_of_any_window_is_read(bits: int) -> None:
    inflater = DeflateParameters().inflater(Side.STATION)
    sender, text = Deflater(bits), bytes(range(256)) * 200

    read = [inflater.inflate(sender.deflate(text), final=True) for _ in range(2)]

    assert read == [text, text]


def test_each_side_has_its_own_parameters() -> None:
    agreed = DeflateParameters(server_no_context_takeover=True)
    sender = Deflater()
    first, second = sender.deflate("the same words"), sender.deflate("the same words")

    station, csms = agreed.inflater(Side.STATION), agreed.inflater(Side.CSMS)

    assert station.inflate(first, final=True) == station.inflate(second, final=True) == b"the same words"
    assert csms.inflate(first, final=True) == b"the same words"
    with pytest.raises(InflateError):
        csms.inflate(second, final=True)
