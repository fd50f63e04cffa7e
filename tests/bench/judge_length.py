"""What a message costs as its session grows, and what is kept: `python tests/bench/judge_length.py [messages ...]`.

Prints, for 1.6 and 2.0.1 and for each number of messages (1,000, 100,000 and 1,000,000) in one session, the CPU a
message of the last tenth, as a multiple of that of the first tenth and of that at 1,000, and by how much the process
has grown since a tenth of the session. Each length is judged in a process of its own, short ones there again and again.
Transactions of some 40 messages begin and end; nothing is wrong, or (`--wrong`) one message in a hundred is, which
shows what findings take.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from statistics import mean

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from drawing import Pen

from matrix.judge import Judge
from matrix.trace import Traffic
from tui.garbage import collect_seldom

LENGTHS = (1_000, 100_000, 1_000_000)
WRONG_EVERY = 100
AT_LEAST = 20_000
PAGE_KIB = resource.getpagesize() // 1024

BOOT = {
    "1.6": '{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"1"}',
    "2.0.1": '{"reason":"PowerUp","chargingStation":{"vendorName":"W","model":"N"}}',
}
CONTEXT = '"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register"'


def exchange(side: str, number: int, action: str, request: str, answer: str = "{}") -> tuple[str, str]:
    """Return the lines of a CALL and its answer."""
    other = "<" if side == ">" else ">"
    return f'{side} [2,"{number}","{action}",{request}]', f'{other} [3,"{number}",{answer}]'


def charging_16(ids: Iterator[int], transaction: int) -> Iterator[str]:
    """Yield a charging session: what a station and its CSMS say from plugging in to leaving."""
    tag, state = '"idTag":"04A1B2"', '{"connectorId":1,"errorCode":"NoError","status":"%s","timestamp":"$NOW"}'
    accepted, register = '{"idTagInfo":{"status":"Accepted"}}', transaction * 1_000
    yield from exchange(">", next(ids), "StatusNotification", state % "Preparing")
    yield from exchange(">", next(ids), "Authorize", f"{{{tag}}}", accepted)
    start = f'{{"connectorId":1,{tag},"meterStart":{register},"timestamp":"$NOW"}}'
    given = f'{{"transactionId":{transaction},"idTagInfo":{{"status":"Accepted"}}}}'
    yield from exchange(">", next(ids), "StartTransaction", start, given)
    yield from exchange(">", next(ids), "StatusNotification", state % "Charging")
    for sample in range(10):
        yield "+60s"
        value = f'{{"value":"{register + sample * 10}",{CONTEXT},"unit":"Wh"}}'
        meter = f'"meterValue":[{{"timestamp":"$NOW","sampledValue":[{value}]}}]'
        yield from exchange(">", next(ids), "MeterValues", f'{{"connectorId":1,"transactionId":{transaction},{meter}}}')
    ask = '{"key":["HeartbeatInterval"]}'
    told = '{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"300"}]}'
    yield from exchange("<", next(ids), "GetConfiguration", ask, told)
    stop = f'{{"transactionId":{transaction},"meterStop":{register + 500},"timestamp":"$NOW","reason":"Local",{tag}}}'
    yield from exchange(">", next(ids), "StopTransaction", stop, accepted)
    yield from exchange(">", next(ids), "StatusNotification", state % "Finishing")
    yield from exchange(">", next(ids), "StatusNotification", state % "Available")


def charging_201(ids: Iterator[int], transaction: int) -> Iterator[str]:
    """Yield a charging session of 2.0.1."""
    token, place = '"idToken":{"idToken":"04A1B2","type":"ISO14443"}', '"evse":{"id":1,"connectorId":1}'
    state = '{"timestamp":"$NOW","connectorStatus":"%s","evseId":1,"connectorId":1}'
    accepted, register = '{"idTokenInfo":{"status":"Accepted"}}', transaction * 1_000

    def event(kind: str, seq: int, trigger: str, more: str = "", answer: str = "{}", info: str = "") -> tuple[str, str]:
        head = f'"eventType":"{kind}","timestamp":"$NOW","triggerReason":"{trigger}","seqNo":{seq}'
        about = f'"transactionInfo":{{"transactionId":"t-{transaction}"{info}}}'
        return exchange(">", next(ids), "TransactionEvent", f"{{{head},{about}{more}}}", answer)

    yield from exchange(">", next(ids), "StatusNotification", state % "Occupied")
    yield from event("Started", 0, "Authorized", f",{token},{place}", accepted)
    yield from event("Updated", 1, "ChargingStateChanged", info=',"chargingState":"Charging"')
    for sample in range(2, 14):
        yield "+60s"
        value = f'{{"value":{register + sample * 10},{CONTEXT}}}'
        meter = f',"meterValue":[{{"timestamp":"$NOW","sampledValue":[{value}]}}]'
        yield from event("Updated", sample, "MeterValuePeriodic", meter, info=',"chargingState":"Charging"')
    variable = '"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}'
    told = f'{{"getVariableResult":[{{"attributeStatus":"Accepted","attributeValue":"300",{variable}}}]}}'
    yield from exchange("<", next(ids), "GetVariables", f'{{"getVariableData":[{{{variable}}}]}}', told)
    yield from event("Ended", 14, "StopAuthorized", f",{token}", accepted, ',"stoppedReason":"Local"')
    yield from exchange(">", next(ids), "StatusNotification", state % "Available")


def said(version: str, *, is_wrong: bool) -> Iterator[str]:
    """Yield what is said in a session that does not end, transaction after transaction."""
    ids = count(1)
    yield from exchange(
        ">", next(ids), "BootNotification", BOOT[version],
        '{"status":"Accepted","currentTime":"$NOW","interval":300}',
    )  # fmt: skip
    if version == "1.6":
        whole = '{"connectorId":0,"errorCode":"NoError","status":"Available"}'
        yield from exchange(">", next(ids), "StatusNotification", whole)
    for transaction in count(1):
        charging = charging_16 if version == "1.6" else charging_201
        yield from charging(ids, transaction)
        yield from exchange(">", next(ids), "Heartbeat", "{}", '{"currentTime":"$NOW"}')
        if is_wrong and next(ids) * 2 // WRONG_EVERY % 2:
            yield from exchange(">", next(ids), "Heartbeat", '{"extra":1}', '{"currentTime":"$NOW"}')


def traffic(version: str, messages: int, *, is_wrong: bool) -> Iterator[list[Traffic]]:
    """Yield the traffic of one session, some thousand lines at a time, so that it does not stay in memory."""
    pen, lines = Pen(), said(version, is_wrong=is_wrong)
    offered, begun = (f"ocpp{version}",), False
    for start in range(0, messages, 1_000):
        some = [*islice(lines, min(1_000, messages - start))]
        if not begun:
            yield pen.session(some, offered=offered, chosen=offered[0], ending=None)
        else:
            yield [item for line in some if (item := pen._line(line)) is not None]
        begun = True


def measure(version: str, messages: int, *, is_wrong: bool) -> tuple[float, float, float, int]:
    """Return the CPU seconds a message of the first and the last tenth, the KiB the process grew, and the findings."""
    collect_seldom()
    judge, early, tenth = Judge(), 0, max(messages // 10_000, 1)
    costs: list[float] = []
    for number, items in enumerate(traffic(version, messages, is_wrong=is_wrong)):
        began = time.process_time()
        for item in items:
            judge.feed(item)
        costs.append((time.process_time() - began) / len(items))
        if number == tenth - 1:
            early = resident_kib()
    return mean(costs[:tenth]), mean(costs[-tenth:]), resident_kib() - early, len(judge.findings)


def resident_kib() -> int:
    """Return how much of this process is in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_KIB


def in_a_process(version: str, messages: int, *options: str) -> tuple[float, float, float, int]:
    """Measure one length in a process of its own."""
    command = [sys.executable, __file__, "--one", version, str(messages), *options]
    first, cost, grown, findings = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(first), float(cost), float(grown), int(findings)


def main(arguments: list[str]) -> None:
    options = [each for each in arguments if each == "--wrong"]
    lengths = [int(each.replace(",", "")) for each in arguments if each[0] != "-"] or [*LENGTHS]
    for version in ("1.6", "2.0.1"):
        in_a_process(version, lengths[0], *options)  # whatever is read for the first time
        base = 0.0
        for messages in lengths:
            first, cost, grown, findings = in_a_process(version, messages, *options)
            base = base or cost
            print(
                f"{version}: {messages:>9,} lines: {cost * 1e6:5.1f} µs a message,"
                f" {cost / first:.2f} times its first tenth's, {cost / base:.2f} times the shortest session's;"
                f" grown by {grown / 1024:.1f} MiB since a tenth of it; {findings:,} findings",
                flush=True,
            )


if __name__ == "__main__":
    if "--one" in sys.argv:
        one, length = sys.argv[2:4]
        for _ in range(max(AT_LEAST // int(length), 1)):
            figures = measure(one, int(length), is_wrong="--wrong" in sys.argv)
        print(*figures)
    else:
        main(sys.argv[1:])
