"""When beat writes the file of its memory: README.md, chapter 10."""

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


def test_beat_writes_it_when_it_starts_before_any_message(
    open_terminal: Callable[[str], Terminal], tmp_path: Path
) -> None:
    (tmp_path / 'hourly.py').write_text(HOURLY)
    beat = open_terminal(f'cd "{tmp_path}" && celery -A hourly beat -l info -s memory')

    def is_written() -> bool:
        """In one of its files: each database library of Python has names of its own for them."""
        return any(b'nobody.knows' in path.read_bytes() for path in tmp_path.glob('memory*'))

    assert wait_until(is_written, SECONDS)
    assert 'Sending due task' not in beat.output
