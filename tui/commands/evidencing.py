"""`plugfest evidence`: what shows a finding, put together."""

from pathlib import Path

import click

from hub.evidence.bundle import Bundle, gathered
from hub.evidence.opening import RECORDING
from hub.evidence.readme import replay_command
from hub.evidence.reference import Reference, read_reference
from hub.evidence.writing import write_bundle
from hub.redacting.copying import Plan
from hub.redacting.kinds import REPLACED, Kind
from hub.redacting.secret import key_from, random_key
from matrix.policy import AS_WRITTEN, Policy
from matrix.safe import safe, safe_file_name
from tui.commands.damaged import readable_recording
from tui.commands.judging import judge_all, prepare
from tui.lines.text import counted_noun


def run_evidence(path: Path, said: str, to: Path | None, plan: Plan | None, policy: Policy = AS_WRITTEN) -> None:
    """Write the bundle for a finding, and say what is in it, and what the event makes of the rule.

    Raises:
        HubError: there is no such finding, or it cannot be shown or written.
    """
    prepare()
    reference = read_reference(said)
    with readable_recording(path) as recording:
        bundle = gathered(recording, reference, plan, lambda each, until: judge_all(each, until=until), policy)
    to = to or bundle_name(bundle.reference)
    write_bundle(bundle, to)
    click.echo(f"{safe(str(to))}: {summary(bundle)}")
    click.echo(f"  {safe(bundle.finding.text, 200)}")
    if bundle.regrade is not None:
        click.echo(f"  {bundle.regrade.in_words}")
    if bundle.artefacts:
        rules = ", ".join(sorted({each.rule for each in bundle.artefacts}))
        click.echo(f"  judged alone it shows what the recording does not, by what is left out: {rules}")
    command = replay_command(bundle, str(to / RECORDING)) if to.is_dir() else replay_command(bundle)
    click.echo(f"  {'replay' if to.is_dir() else 'replay, once it is unpacked'}: {safe(command)}")


def plan_of(*, unredacted: bool, vendors: bool, key_file: Path | None) -> Plan | None:
    """Return what is replaced in a bundle; None where nothing is.

    Raises:
        KeyFileError: the key file cannot be used.
    """
    if unredacted:
        return None
    kinds = REPLACED | {Kind.VENDOR} if vendors else REPLACED
    return Plan(random_key() if key_file is None else key_from(key_file)[0], kinds)


def bundle_name(reference: Reference) -> Path:
    """Return what a bundle is called where nobody says."""
    return Path(
        safe_file_name(f"evidence-{reference.rule}-{reference.session}-{reference.frame or 'handshake'}") + ".zip"
    )


def summary(bundle: Bundle) -> str:
    """Say what a bundle shows, by how much."""
    frames = sum(hasattr(item, "opcode") for item in bundle.traffic)
    least = "" if bundle.is_minimal else ", perhaps not the fewest"
    hidden = "" if bundle.sought else ", nothing redacted"
    return f"{bundle.reference} by {counted_noun(frames, 'frame')}{least}, {bundle.left_out} left out{hidden}"
