"""Messages judged per second on one core: `python tests/bench/judge_speed.py [sessions]`.

A realistic mix: stations that boot and charge, MeterValues of about 330 bytes, Heartbeats, CALLs of the CSMS;
1.6, 2.0.1 and 2.1; one message in a hundred is wrong. Prints a line for all rules, and one for those of
handshake and framing alone.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from drawing import Pen

from matrix.judge import Judge
from matrix.rule import Rule, all_rules
from matrix.trace import Traffic
from tui.garbage import collect_seldom

NOW = "$NOW"
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


def traffic(sessions: int, rounds: int) -> list[Traffic]:
    pen, items = Pen(), list[Traffic]()
    for number in range(sessions):
        version = ("1.6", "2.0.1", "2.1")[number % 3]
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
    items = traffic(int(sys.argv[1]) if len(sys.argv) > 1 else 60, 500)
    of_the_wire = [rule for rule in all_rules() if rule.code.startswith(("HS-", "RPC-"))]
    for name, rules in (
        (f"all {len(all_rules())} rules", None),
        (f"the {len(of_the_wire)} of HS and RPC", of_the_wire),
    ):
        best, messages = judged_per_second(items, rules)
        print(f"{best:,.0f} messages/s judged on one core by {name}; {messages:,} messages")


if __name__ == "__main__":
    main()
