"""When beat writes the file of its memory: README.md, chapter 10."""

import shelve
from collections.abc import Callable
from pathlib import Path

from playground.terminal import Terminal
from playground.waiting import wait_until

SECONDS = 20.0
HOURLY = """
from celery import Celery
app = Celery('hourly')
app.conf.beat_schedule = {'hourly': {'task': 'nobody.knows', 'schedule': 3600.0}}
"""


def entries(file: Path) -> list[str]:
    """The names of the entries in the file; none while beat still writes it."""
    try:
        with shelve.open(str(file), 'r') as record:
            return list(record['entries'])
    except Exception:  # each database library of Python has an error of its own
        return []


def test_beat_writes_it_when_it_starts_before_any_message(
    open_terminal: Callable[[str], Terminal], tmp_path: Path
) -> None:
    (tmp_path / 'hourly.py').write_text(HOURLY)
    beat = open_terminal(f'cd "{tmp_path}" && celery -A hourly beat -l info -s memory')
    assert wait_until(lambda: entries(tmp_path / 'memory') == ['hourly'], SECONDS)
    assert 'Sending due task' not in beat.output
