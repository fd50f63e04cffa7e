"""CF16 and SP16: configuration keys of 1.6, and what is known of their values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from matrix.alarms import Alarm
from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import dig, objects, said, text
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_answered, on_called, on_result, rule
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.secrets import is_secret
from matrix.soundness import is_sound
from matrix.trace import Side

KEYS_REMEMBERED: Final = 512
UNTOLD: Final = "authorizationkey"
"""A key that may be written and not read, and whose value is masked."""
PROFILE: Final = "securityprofile"
READ_ONLY: Final = frozenset(
    "chargeprofilemaxstacklevel chargingscheduleallowedchargingrateunit chargingschedulemaxperiods "
    "connectorphaserotationmaxlength connectorswitch3to1phasesupported getconfigurationmaxkeys localauthlistmaxlength "
    "maxchargingprofilesinstalled metervaluesaligneddatamaxlength metervaluessampleddatamaxlength numberofconnectors "
    "reserveconnectorzerosupported sendlocallistmaxlength stoptxnaligneddatamaxlength stoptxnsampleddatamaxlength "
    "supportedfeatureprofiles supportedfeatureprofilesmaxlength".split()
)
"""Keys whose accessibility is R in §9, in small letters."""
REQUIRED: Final = frozenset(
    "authorizeremotetxrequests clockaligneddatainterval connectiontimeout connectorphaserotation "
    "getconfigurationmaxkeys heartbeatinterval localauthorizeoffline localpreauthorize metervaluesaligneddata "
    "metervaluessampleddata metervaluesampleinterval numberofconnectors resetretries "
    "stoptransactiononevsidedisconnect stoptransactiononinvalidid stoptxnaligneddata stoptxnsampleddata "
    "supportedfeatureprofiles transactionmessageattempts transactionmessageretryinterval "
    "unlockconnectoronevsidedisconnect".split()
)
"""Keys of the Core profile that §9.1 requires, in small letters."""
RECONNECT_NS: Final = 5 * MINUTE_NS
TOGETHER: Final = 20
"""Keys in one request that any station should manage, where it has not told its GetConfigurationMaxKeys."""
WISHES_REMEMBERED: Final = 8
"""Of one key, besides the latest."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a key, and since when; `value` is None where it is not known.

    `set_in` is the frame of the ChangeConfiguration that changed it; 0 where it was only told.
    """

    value: str | None
    is_readonly: bool | None
    at: int
    set_in: int = 0


@dataclass(slots=True)
class Configuration:
    """Settings by key in small letters (keys are case-insensitive), and keys that the station has called unknown.

    `wished` are the frames in which the CSMS asked to change a key, without those that were refused: where the answer
    to the last is lost, or one to an earlier wish comes after it, the value is not known.
    """

    settings: Recent[str, Setting] = field(default_factory=lambda: Recent(KEYS_REMEMBERED))
    unknown: Recent[str, int] = field(default_factory=lambda: Recent(KEYS_REMEMBERED))
    wished: Recent[str, tuple[int, ...]] = field(default_factory=lambda: Recent(KEYS_REMEMBERED))

    def value(self, key: str) -> str | None:
        """Return the value that a key had when it was last told or set."""
        found = self.settings.get(key.casefold())
        return found.value if found is not None else None

    def certain(self, key: str) -> Setting | None:
        """Return how a key was last set, where no later wish to change it has an uncertain end."""
        found = self.settings.get(key.casefold())
        wished = self.wished.get(key.casefold())
        return None if found is None or (wished and wished[-1] != found.set_in) else found

    def number(self, key: str) -> int | None:
        """Return the value of a key as a number, where it is a whole one."""
        value = (self.value(key) or "").strip()
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None


@note(on_result("GetConfiguration"), versions={V16})
def remember_told(exchange: Exchange, known: Known) -> None:
    """Remember the settings that a station told."""
    story, at = known.story(Configuration), exchange.answered_at or exchange.at
    for each in objects(exchange.response, "configurationKey"):
        key, readonly = text(each, "key"), dig(each, "readonly")
        if key is not None:
            is_readonly = readonly if isinstance(readonly, bool) else None
            story.unknown.pop(key.casefold(), None)
            story.settings[key.casefold()] = Setting(text(each, "value"), is_readonly, at)
    for name in _texts(exchange.response, "unknownKey"):
        story.settings.pop(name.casefold(), None)
        story.unknown[name.casefold()] = at


@note(on_called("ChangeConfiguration"), versions={V16})
def remember_wish(exchange: Exchange, known: Known) -> None:
    """Remember what the CSMS wants to change."""
    wished, key = known.story(Configuration).wished, text(exchange.request, "key")
    if key is not None:
        before = wished.get(key.casefold()) or ()
        wished[key.casefold()] = (*before[-WISHES_REMEMBERED:], exchange.call_frame)


@note(on_answered("ChangeConfiguration"), versions={V16})
def forget_wish(exchange: Exchange, known: Known) -> None:
    """Forget a wish that the station has refused: it is as if it had not been."""
    wished, key = known.story(Configuration).wished, text(exchange.request, "key") or ""
    before = wished.get(key.casefold())
    if before and text(exchange.response, "status") not in ("Accepted", "RebootRequired"):
        wished[key.casefold()] = tuple(frame for frame in before if frame != exchange.call_frame)


@note(on_result("ChangeConfiguration"), versions={V16})
def remember_set(exchange: Exchange, known: Known) -> None:
    """Remember the value that a station took over; one that waits for a reboot is not known before."""
    key, status = text(exchange.request, "key"), text(exchange.response, "status")
    if key is None or status not in ("Accepted", "RebootRequired"):
        return
    story = known.story(Configuration)
    before = story.settings.get(key.casefold())
    is_known = status == "Accepted" and is_sound(exchange)
    value = text(exchange.request, "value") if is_known else None
    at = exchange.answered_at or exchange.at
    story.unknown.pop(key.casefold(), None)
    story.settings[key.casefold()] = Setting(value, before.is_readonly if before else None, at, exchange.call_frame)
    if key.casefold() == PROFILE and status == "Accepted":
        exchange.conversation.wake("sp16.reconnect", at, RECONNECT_NS, exchange=exchange, by=Side.STATION)


@note(on_called("BootNotification"), versions={V16})
def forget_after_boot(exchange: Exchange, known: Known) -> None:
    """Forget the settings: another firmware may have other keys, and what waited for the boot is in force."""
    if not exchange.is_misdirected:
        story = known.story(Configuration)
        profile = story.settings.get(PROFILE)
        story.settings.clear()
        story.unknown.clear()
        if profile is not None:
            story.settings[PROFILE] = profile


@rule(
    "CF16-01",
    "Each key that was asked for is told, or called unknown",
    clause="OCPP 1.6 §5.8",
    versions={V16},
    on=on_result("GetConfiguration"),
)
def keys_left_out(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report keys of a GetConfiguration that its answer leaves out; a warning where they may be too many at once.

    Breach: `{"key":["HeartbeatInterval","Foo"]}` answered `{"configurationKey":[{"key":"HeartbeatInterval",...}]}`.
    Correct: with `"unknownKey":["Foo"]` as well.
    """
    asked = _texts(exchange.request, "key")
    told = {key.casefold() for each in objects(exchange.response, "configurationKey") if (key := text(each, "key"))}
    told |= {key.casefold() for key in _texts(exchange.response, "unknownKey")} | {UNTOLD}
    missing = [key for key in asked if key.casefold() not in told]
    if exchange.is_misdirected or not missing or not is_sound(exchange):
        return
    shown = ", ".join(said(key) for key in missing[:5])
    most = known.story(Configuration).number("GetConfigurationMaxKeys") or TOGETHER
    if len(asked) > most:
        yield warning(Side.STATION, f"{len(missing)} of {len(asked)} keys are left out of the answer: {shown}")
    else:
        yield violation(Side.STATION, f"neither told nor called unknown: {shown}")


@rule(
    "CF16-02",
    "A ChangeConfiguration of a read-only key is Rejected, one of an unknown key is NotSupported",
    clause="OCPP 1.6 §5.3",
    versions={V16},
    on=on_result("ChangeConfiguration"),
)
def wrong_answer_to_a_change(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report answers that contradict what the station's GetConfiguration.conf said since its last boot.

    A secret that was called unknown and is changed all the same is a warning: it may be write-only, as the
    AuthorizationKey is, and 1.6 gives a station no other way to say so.

    Breach: `NumberOfConnectors` was told with `"readonly":true`, and its ChangeConfiguration is answered `Accepted`.
    Correct: answered `Rejected`.
    """
    key, status = text(exchange.request, "key"), text(exchange.response, "status")
    if exchange.is_misdirected or key is None or key.casefold() == UNTOLD:
        return
    story = known.story(Configuration)
    setting, unknown_at = story.settings.get(key.casefold()), story.unknown.get(key.casefold())
    if setting is not None and setting.is_readonly and known.has_all_since(setting.at):
        if status in ("Accepted", "RebootRequired"):
            yield violation(Side.STATION, f"{said(key)} was told as read-only, and its change is answered {status}")
        elif status == "NotSupported":
            yield warning(Side.STATION, f"{said(key)} was told as read-only, and is called not supported now")
    elif known.has_all_since(unknown_at) and status in ("Accepted", "RebootRequired", "Rejected"):
        report = warning if is_secret({"key": key, "value": ""}, "/value") else violation
        yield report(Side.STATION, f"{said(key)} was called unknown, and its change is answered {status}")


@rule(
    "CF16-03",
    "A setting that was changed is told with its new value",
    clause="OCPP 1.6 §5.3",
    severity=Severity.WARNING,
    versions={V16},
    on=on_result("GetConfiguration"),
)
def change_without_effect(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report values that differ from what a ChangeConfiguration answered `Accepted` had set.

    Case, spaces and the notation of numbers do not count. What needs a reboot is not judged, nor are secrets, nor what
    the CSMS has asked to change since, and has got no answer to.

    Breach: `HeartbeatInterval` set to 60, `Accepted`, and told as 300.
    Correct: told as 60.
    """
    if exchange.is_misdirected:
        return
    story = known.story(Configuration)
    for each in objects(exchange.response, "configurationKey"):
        key, value = text(each, "key") or "", text(each, "value")
        setting = story.certain(key)
        if setting is None or not setting.set_in or setting.at > exchange.at or not known.has_all_since(setting.at):
            continue
        if None in (value, setting.value) or _plain(value) == _plain(setting.value):
            continue
        if not is_secret({"key": key, "value": value}, "/value"):
            yield warning(Side.STATION, f"{said(key)} was set to {said(setting.value)}, and is told as {said(value)}")


@rule(
    "CF16-04",
    "The value of a configuration key is a string, and readonly is true or false",
    clause="OCPP 1.6 §7.29 KeyValue, §6.9; its JSON schemas",
    versions={V16},
    on=on_result("GetConfiguration", "ChangeConfiguration"),
    stands_alone=True,
)
def value_of_another_type(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report values that are numbers or truth values, and a `readonly` that is a number or a string.

    Breach: `{"key":"HeartbeatInterval","readonly":0,"value":60}`.
    Correct: `{"key":"HeartbeatInterval","readonly":false,"value":"60"}`.
    """
    if exchange.is_misdirected:
        return
    if exchange.action == "ChangeConfiguration" and not isinstance(exchange.request.get("value", ""), str):
        yield violation(Side.CSMS, "the value is no string", pointer="/value", frame=exchange.call_frame)
    told = exchange.response.get("configurationKey")
    for place, each in enumerate(told if isinstance(told, list) else []):
        if isinstance(each, dict):
            yield from _wrong_types(each, f"/configurationKey/{place}")


def _wrong_types(each: dict[str, Any], pointer: str) -> Iterator[Remark]:
    key = said(each.get("key"))
    if not isinstance(each.get("value", ""), str):
        yield violation(Side.STATION, f"the value of {key} is no string", pointer=f"{pointer}/value")
    if not isinstance(each.get("readonly", False), bool):
        yield violation(Side.STATION, f"readonly of {key} is not true or false", pointer=f"{pointer}/readonly")


@rule(
    "CF16-05",
    "Keys that 1.6 has as read-only are told as such, and none of the Core profile that it requires is called unknown",
    clause="OCPP 1.6 §9, §7.29",
    severity=Severity.WARNING,
    versions={V16},
    on=on_result("GetConfiguration"),
)
def keys_not_as_listed(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a read-only key that is told as `"readonly":false`, and a required key among the `unknownKey`.

    What a GetConfiguration for all keys leaves out is not reported: stations leave out much, and do well without.

    Breach: `{"key":"ChargingScheduleAllowedChargingRateUnit","readonly":false,"value":"Current"}`.
    Correct: the same with `"readonly":true`.
    """
    if exchange.is_misdirected:
        return
    for place, each in enumerate(objects(exchange.response, "configurationKey")):
        key = text(each, "key") or ""
        if dig(each, "readonly") is False and key.casefold() in READ_ONLY:
            pointer = f"/configurationKey/{place}/readonly"
            yield warning(
                Side.STATION, f"{said(key)} is read-only in 1.6, and is told as one to write", pointer=pointer
            )
    missing = [name for name in _texts(exchange.response, "unknownKey") if name.casefold() in REQUIRED]
    if missing:
        shown = ", ".join(said(name) for name in missing[:5])
        yield warning(Side.STATION, f"1.6 requires what is called unknown: {shown}", pointer="/unknownKey")


@rule(
    "SP16-01",
    "The SecurityProfile can only be raised, and the station reconnects with the new one",
    clause="Improved security for OCPP 1.6-J, A05.FR.01, A05.FR.06",
    versions={V16},
    on=(on_result("ChangeConfiguration"), on_alarm("sp16.reconnect")),
)
def lowered_security_profile(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a station that lets its SecurityProfile be lowered, where its present one was told or set before.

    Setting the same profile again is to be rejected, too (a warning). So is a station that is still on the same
    connection five minutes after it took over a higher one: no time is fixed.

    Breach: `SecurityProfile` is 2, and a ChangeConfiguration to 1 is answered `Accepted`.
    Correct: answered `Rejected`.
    """
    if isinstance(subject, Alarm):
        if is_station_silent_about_it(subject, known):
            yield warning(Side.STATION, "still on the same connection 5 min after it accepted a new SecurityProfile")
        return
    key, value = text(subject.request, "key") or "", text(subject.request, "value") or ""
    present = known.story(Configuration).number(PROFILE)
    is_accepted = text(subject.response, "status") in ("Accepted", "RebootRequired")
    if key.casefold() != PROFILE or not is_accepted or present is None or value not in ("0", "1", "2", "3"):
        return
    if int(value) < present:
        yield violation(Side.STATION, f"let its SecurityProfile be lowered from {present} to {value}")
    elif int(value) == present:
        yield warning(Side.STATION, f"accepted the SecurityProfile {value} that it had already")


def _texts(payload: dict[str, Any], name: str) -> list[str]:
    value = payload.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _plain(value: str | None) -> str:
    """Return a value without what stations may write otherwise: case, spaces, the notation of numbers."""
    plain = "".join((value or "").split()).casefold()
    try:
        return f"{float(plain):g}" if len(plain) < 20 else plain
    except ValueError:
        return plain
