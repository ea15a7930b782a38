"""What the tests ask of a RabbitMQ, and tell it."""

import re
import subprocess
from pathlib import Path

from playground.services.running import Services

COMMAND_SECONDS = 90.0


def major(services: Services) -> int | None:
    """The first number of RabbitMQ's version; None for another broker."""
    found = re.match(r'RabbitMQ (\d+)', services.description)
    return int(found[1]) if found else None


def rabbitmqctl(tools: Path | None, *arguments: str) -> str:
    """Run a command of a RabbitMQ that a test has started natively.

    Args:
        tools: the folder with its ``rabbitmqctl``.
        arguments: the command.

    Returns:
        What it printed on standard output.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    assert tools is not None
    ended = subprocess.run(
        [str(tools / 'rabbitmqctl'), *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    return ended.stdout
