"""Who comes to the test's plugfest: independent implementations of both roles, by the name of their package."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Final

from peers import node_packages, ocpp_package, python_packages

from matrix.dialect import V16, V21, V201

RunCsms = Callable[[str], AbstractAsyncContextManager[str]]
Tour = Callable[[str, Sequence[str]], Coroutine[Any, Any, None]]

VERSIONS: Final = (V16, V201, V21)
NODE_16: Final = ("ocpp-rpc", "ocpp-ws-io", "ocpp-ts", "ts-ocpp")
NODE_2X: Final = ("ocpp-rpc", "ocpp-ws-io")
IDENTITIES: Final = {"PY|PEER 1": "ocpp", "TESTER": "test-ocpp"} | {f"NODE|{library}": library for library in NODE_16}
"""Which of them a station is, by its identity."""


def csmses(version: str) -> Mapping[str, RunCsms]:
    """Return the CSMSes that speak this version; each is run with it, and yields its URL."""
    node = {library: partial(node_packages.csms, library) for library in _node(version)}
    python: dict[str, RunCsms] = {"ocpp": ocpp_package.csms}
    if version == V16:
        python["ocpp-csms"] = python_packages.ocpp_csms
    return python | node


def stations(version: str) -> Mapping[str, Tour]:
    """Return the stations that speak this version; each visits a number of CSMSes, one after the other."""
    node = {library: partial(node_packages.charge, library) for library in _node(version)}
    python: dict[str, Tour] = {"ocpp": _tour}
    if version != V21:
        python["test-ocpp"] = python_packages.check_connections
    return python | node


def _node(version: str) -> Sequence[str]:
    return NODE_16 if version == V16 else NODE_2X


async def _tour(version: str, endpoints: Sequence[str]) -> None:
    for endpoint in endpoints:
        await ocpp_package.charge(endpoint, version)
