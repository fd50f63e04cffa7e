"""The charging profile that comes with the order to start a transaction, which has no id yet: alike in 1.6 and 2.x."""

from collections.abc import Iterator

from matrix.exchange import Exchange
from matrix.fields import dig, said, text
from matrix.finding import Remark, violation
from matrix.trace import Side


def wrong_with_profile(exchange: Exchange) -> Iterator[Remark]:
    """Yield a violation where the profile has another purpose than TxProfile, and where it names a transaction."""
    profile = dig(exchange.request, "chargingProfile")
    if exchange.is_misdirected or not isinstance(profile, dict):
        return
    purpose = text(profile, "chargingProfilePurpose")
    if purpose is not None and purpose != "TxProfile":
        where = "/chargingProfile/chargingProfilePurpose"
        yield violation(Side.CSMS, f"the purpose of the profile is {said(purpose)}, not TxProfile", pointer=where)
    if "transactionId" in profile:
        text_of = "the profile has a transactionId, and the transaction has not begun"
        yield violation(Side.CSMS, text_of, pointer="/chargingProfile/transactionId")
