"""What an event makes of the rules, as a TOML file says it: read again whenever somebody asks for it."""

import json
import tomllib
from pathlib import Path

from hub.errors import HubError
from matrix.policy import AS_WRITTEN, OFF, Policy, PolicyError, read_policy
from matrix.safe import safe


class RulesFileError(HubError):
    """The file cannot be used; the message names it, the entry and the value."""


def rules_file_of(policy: Policy) -> str:
    """Return what a file says that comes to that policy."""
    said = ((each.rule, json.dumps(each.severity or OFF), json.dumps(each.reason)) for each in policy.values())
    return "".join(f"[rules.{rule}]\nseverity = {severity}\nreason = {reason}\n" for rule, severity, reason in said)


def read_rules_file(path: Path | None) -> Policy:
    """Read the table `rules` of a TOML file; without a file, every rule is taken as it is written.

    Raises:
        RulesFileError: it cannot be read, is not TOML, or says what cannot be done.
    """
    if path is None:
        return AS_WRITTEN
    name = repr(safe(str(path)))
    if path.exists() and not path.is_file():
        raise RulesFileError(f"{name} is not a file")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("rules", {})
        return read_policy(table if isinstance(table, dict) else {"rules": table})
    except OSError as exc:
        raise RulesFileError(f"{name} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise RulesFileError(f"{name} is not UTF-8") from exc
    except (tomllib.TOMLDecodeError, PolicyError) as exc:
        raise RulesFileError(f"{name}: {exc}") from exc
