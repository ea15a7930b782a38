"""Prints the findings: a line for each, then what to type next; or JSON."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from playground.doctor.findings import Finding, Level, counted

JSON_VERSION = 1
COLOURS = {
    Level.OK: 'green',
    Level.WARNING: 'yellow',
    Level.FAULT: 'bold red',
    Level.UNKNOWN: 'cyan',
}
NEXT = (Level.FAULT, Level.WARNING)


def has_fault(findings: Sequence[Finding]) -> bool:
    """Tell whether something cannot work."""
    return any(finding.level is Level.FAULT for finding in findings)


def print_json(findings: Sequence[Finding], about: dict[str, Any], output: TextIO) -> None:
    """Print one JSON object.

    Args:
        findings: in the order of the checks.
        about: what was looked at.
        output: where to.
    """
    counts = {level.value: sum(finding.level is level for finding in findings) for level in Level}
    whole = {
        'version': JSON_VERSION,
        **about,
        'counts': counts,
        'findings': [finding.as_json() for finding in findings],
    }
    print(json.dumps(whole, indent=2), file=output, flush=True)


def print_lines(findings: Sequence[Finding], about: dict[str, Any], output: TextIO) -> None:
    """Print a line for each finding, and then what to type next.

    Args:
        findings: in the order of the checks.
        about: what was looked at.
        output: where to.
    """
    say = _printer(output)
    say(f'{about["app"] or "no app"} in {about["folder"]}, with {about["python"]}', 'bold')
    width = max((len(finding.check) for finding in findings), default=0)
    for finding in findings:
        line = f'{finding.level.value:<8} {finding.check:<{width}}  {finding.sentence}'
        say(line, COLOURS[finding.level])
    for level in NEXT:
        for finding in findings:
            if finding.level is level and finding.next_step:
                where = f' ({finding.entry.address})' if finding.entry else ''
                say(f'\n{finding.check}{where}:', 'bold')
                say(f'  {finding.next_step}', '')
    faults = sum(finding.level is Level.FAULT for finding in findings)
    warnings = sum(finding.level is Level.WARNING for finding in findings)
    say(
        f'\n{counted(faults, "fault")} and {counted(warnings, "warning")}'
        f' in {about["seconds"]:.1f} s.',
        'bold',
    )


def _printer(output: TextIO) -> Any:
    """The judged Python need not have rich; then the lines have no colours."""
    try:
        from rich.console import Console
    except ImportError:
        return lambda line, style: print(line, file=output, flush=True)
    console = Console(file=output, highlight=False, soft_wrap=True)
    return lambda line, style: console.print(line, style=style or None, markup=False, emoji=False)
