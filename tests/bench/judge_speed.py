"""Messages judged per second on one core: `python tests/bench/judge_speed.py [sessions]`.

Two mixes of 1.6, 2.0.1 and 2.1, in which some messages are wrong. In `charging`, one transaction lasts all session:
MeterValues of about 330 bytes (in 2.x in TransactionEvents) and Heartbeats by turns, TriggerMessages in 1.6. In
`plugfest`, fifty stations boot and drivers come and go: StatusNotifications, Authorize, transactions of 20 readings,
Heartbeats. Prints a line for each with all rules, and one for the first with the rules of handshake and framing alone.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from drawing import Pen, draw
from events import event_of

from matrix.judge import Judge
from matrix.rule import Rule, all_rules
from matrix.trace import Traffic
from tui.closed_pipe import until_nobody_reads
from tui.garbage import collect_seldom

NOW = "$NOW"
READINGS = 20
STATIONS = 50
VERSIONS = ("1.6", "2.0.1", "2.1")
METER = (
    '{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"%s","sampledValue":[{"value":"%d",'
    '"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},'
    '{"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","location":"Outlet","unit":"A"}]}]}'
)
EVENT = (
    '{"eventType":"Updated","timestamp":"%s","triggerReason":"MeterValuePeriodic","seqNo":%d,"transactionInfo":'
    '{"transactionId":"t-1","chargingState":"Charging"},"meterValue":[{"timestamp":"%s","sampledValue":[{"value":%d,'
    '"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register"}]}]}'
)
STARTED = (
    '{"eventType":"Started","timestamp":"%s","triggerReason":"Authorized","seqNo":0,"transactionInfo":'
    '{"transactionId":"t-1","chargingState":"EVConnected"},"evse":{"id":1,"connectorId":1},'
    '"idToken":{"idToken":"A","type":"Central"}}'
)
ENDED = (
    '{"eventType":"Ended","timestamp":"%s","triggerReason":"StopAuthorized","seqNo":%d,"transactionInfo":'
    '{"transactionId":"t-1","stoppedReason":"Local"}}'
)


def session_16(rounds: int) -> list[str]:
    lines = [
        '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"1"}]',
        f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":300}}]',
        '> [2,"s","StatusNotification",{"connectorId":1,"status":"Preparing","errorCode":"NoError"}]',
        '< [3,"s",{}]',
        f'> [2,"t","StartTransaction",{{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"{NOW}"}}]',
        '< [3,"t",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]',
    ]
    for i in range(rounds):
        value = 5 if i % 25 == 24 else None
        meter = METER % (NOW, i)
        lines += [
            f'> [2,"m{i}","MeterValues",{meter if value is None else meter.replace(chr(34) + str(i) + chr(34), "5")}]',
            f'< [3,"m{i}",{{}}]',
            f'> [2,"h{i}","Heartbeat",{{}}]',
            f'< [3,"h{i}",{{"currentTime":"{NOW}"}}]',
            f'< [2,"c{i}","TriggerMessage",{{"requestedMessage":"Heartbeat"}}]',
            f'> [3,"c{i}",{{"status":"Accepted"}}]',
        ]
    stop = f'{{"transactionId":7,"meterStop":{rounds},"timestamp":"{NOW}","reason":"Local"}}'
    return [*lines, f'> [2,"e","StopTransaction",{stop}]', '< [3,"e",{}]']


def session_2x(rounds: int) -> list[str]:
    lines = [
        '> [2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"W","model":"N"}}]',
        f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":300}}]',
        f'> [2,"s","TransactionEvent",{STARTED % NOW}]',
        '< [3,"s",{"idTokenInfo":{"status":"Accepted"}}]',
    ]
    for i in range(rounds):
        lines += [
            f'> [2,"m{i}","TransactionEvent",{EVENT % (NOW, i + 1, NOW, i)}]',
            f'< [3,"m{i}",{{}}]',
            f'> [2,"h{i}","Heartbeat",{{}}]',
            f'< [3,"h{i}",{{"currentTime":"{NOW}"}}]',
        ]
    return [*lines, f'> [2,"e","TransactionEvent",{ENDED % (NOW, rounds + 1)}]', '< [3,"e",{}]']


def call(caller: str, message_id: str, action: str, request: str, answer: str = "{}") -> list[str]:
    other = "<" if caller == ">" else ">"
    return [f'{caller} [2,"{message_id}","{action}",{request}]', f'{other} [3,"{message_id}",{answer}]', "+14s"]


def beats(name: str, number: int) -> list[str]:
    beat = f'{{"currentTime":"{NOW}"}}'
    return [line for i in range(number) for line in (*call(">", f"{name}.h{i}", "Heartbeat", "{}", beat), "+45s")]


def status_16(name: str, status: str, connector: int = 1) -> list[str]:
    told = f'{{"connectorId":{connector},"errorCode":"NoError","status":"{status}","timestamp":"{NOW}"}}'
    return call(">", f"{name}.{status}", "StatusNotification", told)


def status_2x(name: str, status: str) -> list[str]:
    told = f'{{"timestamp":"{NOW}","connectorStatus":"{status}","evseId":1,"connectorId":1}}'
    return call(">", f"{name}.{status}", "StatusNotification", told)


def visit_16(number: int) -> list[str]:
    """A driver comes, charges and goes; every second one's last reading is no string."""
    name, transaction = f"v{number}", number + 1
    start = f'{{"connectorId":1,"idTag":"A","meterStart":{number * READINGS},"timestamp":"{NOW}"}}'
    stop = (
        f'{{"transactionId":{transaction},"meterStop":{transaction * READINGS},"timestamp":"{NOW}","reason":"Local"}}'
    )
    accepted = '{"idTagInfo":{"status":"Accepted"}}'
    given = f'{{"transactionId":{transaction},"idTagInfo":{{"status":"Accepted"}}}}'
    lines = [*status_16(name, "Preparing"), *call(">", f"{name}a", "Authorize", '{"idTag":"A"}', accepted)]
    lines += [*call(">", f"{name}s", "StartTransaction", start, given), *status_16(name, "Charging")]
    for i in range(READINGS):
        meter = (METER % (NOW, number * READINGS + i)).replace('"transactionId":7', f'"transactionId":{transaction}')
        if i == READINGS - 1 and number % 2:
            meter = meter.replace('"16.0"', "16.0")
        lines += [*call(">", f"{name}m{i}", "MeterValues", meter), *beats(f"{name}.{i}", i % 4 == 3)]
    lines += [*call(">", f"{name}e", "StopTransaction", stop, accepted), *status_16(name, "Finishing")]
    return [*lines, *status_16(name, "Available"), *beats(name, 5)]


def visit_2x(number: int) -> list[str]:
    """The same; every second one's last event has a timestamp with six digits of a fraction."""
    name, token = f"v{number}", '{"idToken":{"idToken":"A","type":"Central"}}'
    accepted = '{"idTokenInfo":{"status":"Accepted"}}'
    lines = [*status_2x(name, "Occupied"), *call(">", f"{name}a", "Authorize", token, accepted)]
    lines += call(">", f"{name}s", "TransactionEvent", (STARTED % NOW).replace("t-1", name), accepted)
    for i in range(READINGS):
        event = (EVENT % (NOW, i + 1, NOW, number * READINGS + i)).replace("t-1", name)
        if i == READINGS - 1 and number % 2:
            event = event.replace(f'"timestamp":"{NOW}","trigger', '"timestamp":"2026-11-01T10:00:00.123456Z","trigger')
        lines += [*call(">", f"{name}m{i}", "TransactionEvent", event), *beats(f"{name}.{i}", i % 4 == 3)]
    lines += call(">", f"{name}e", "TransactionEvent", (ENDED % (NOW, READINGS + 1)).replace("t-1", name))
    return [*lines, *status_2x(name, "Available"), *beats(name, 5)]


def day_16(visits: int) -> list[str]:
    boot = [line.replace("300", "60") for line in session_16(0)[:2]]
    boot += [*status_16("b0", "Available", 0), *status_16("b", "Available")]
    return [*boot, *(line for number in range(visits) for line in visit_16(number))]


def day_2x(visits: int) -> list[str]:
    boot = [line.replace("300", "60") for line in session_2x(0)[:2]]
    return [*boot, *status_2x("b", "Available"), *(line for number in range(visits) for line in visit_2x(number))]


def plugfest(visits: int) -> list[Traffic]:
    """Return what STATIONS say at the same time, some 70 messages a visit; 6 of 10 CALLs are readings, 3 Heartbeats."""
    days = [day_16(visits), day_2x(visits), day_2x(visits)]
    drawings = [
        draw(f"+{number * 1_337}ms", *days[number % 3], version=VERSIONS[number % 3]) for number in range(STATIONS)
    ]
    return event_of(drawings, overlapping=True)


def traffic(sessions: int, rounds: int) -> list[Traffic]:
    """Return sessions, one after the other, of some `rounds` times four to six messages and one transaction each."""
    pen, items = Pen(), list[Traffic]()
    for number in range(sessions):
        version = VERSIONS[number % 3]
        lines = session_16(rounds) if version == "1.6" else session_2x(rounds)
        offered = (f"ocpp{version}",)
        items += pen.session(lines, identity=f"CS{number}", offered=offered, chosen=offered[0])
    return items


def judged_per_second(items: list[Traffic], rules: Iterable[Rule] | None) -> tuple[float, int]:
    """Return messages judged in a second of CPU, best of three, and how many there are."""
    best = 0.0
    for _ in range(3):
        judge, began = Judge(rules), time.process_time()
        for item in items:
            judge.feed(item)
        best = max(best, judge.board.messages / (time.process_time() - began))
    return best, judge.board.messages


def main() -> None:
    collect_seldom()
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    of_the_wire = [rule for rule in all_rules() if rule.code.startswith(("HS-", "RPC-"))]
    all_of_them, charging = f"all {len(all_rules())} rules", traffic(sessions, 500)
    for mix, items, name, rules in (
        ("charging", charging, all_of_them, None),
        ("plugfest", plugfest(max(sessions * 2 // 3, 1)), all_of_them, None),
        ("charging", charging, f"the {len(of_the_wire)} of HS and RPC", of_the_wire),
    ):
        best, messages = judged_per_second(items, rules)
        print(f"{mix}: {best:,.0f} messages/s judged on one core by {name}; {messages:,} messages")


if __name__ == "__main__":
    with until_nobody_reads():
        main()
