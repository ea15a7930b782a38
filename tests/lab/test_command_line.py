"""The labs with what a reader may type by mistake: one sentence, exit status 2."""

import os
import subprocess
from pathlib import Path

import pytest

from playground.virtual_environment import NOTES, REPOSITORY

SECONDS = 120.0


@pytest.mark.parametrize(
    ('target', 'variables', 'sentence'),
    [
        ('faults', {'QUICK': 'maybe'}, "QUICK is 'maybe': QUICK=1 makes it short"),
        ('faults', {'FAULT': 'earthquake'}, "there is no fault 'earthquake': choose one of "),
        ('faults', {'FAULT': '$(HOME) "x'}, "there is no fault '$(HOME) \"x': choose one of "),
        ('faults', {'RESULTS': 'no such folder/results.json'}, 'there is no folder no such folder'),
        ('faults', {'RESULTS': 'lab'}, 'lab is a folder'),
        ('faults', {'RESULTS': 'LICENSE'}, 'LICENSE holds no results of make faults'),
        ('throughput', {'PEERS': 'all'}, "PEERS is 'all': PEERS=1 turns it on"),
        ('throughput', {'FULL': '$(HOME) "x'}, "FULL is '$(HOME) \"x': FULL=1 turns it on"),
        (
            'throughput',
            {'RESULTS': 'lab/throughput/results.json'},
            'lab/throughput/results.json is what the page shows, and it shows full runs',
        ),
        ('throughput', {'RESULTS': 'LICENSE'}, 'LICENSE holds no results of make throughput'),
    ],
)
def test_a_mistake_gets_a_sentence(target: str, variables: dict[str, str], sentence: str) -> None:
    names = ('MAKE', 'MFLAGS', 'QUICK', 'FAULT', 'RESULTS', 'PEERS', 'FULL')
    environment = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    ended = subprocess.run(
        ['make', target, f'PYTHON={NOTES.python}'],
        cwd=REPOSITORY,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if not line.startswith('make')]
    assert len(lines) == 1
    assert lines[0].startswith(f'{target}: {sentence}')
    assert ended.stdout == ''


def test_what_lies_beside_is_not_committed() -> None:
    ignored = (REPOSITORY / '.gitignore').read_text()
    assert 'lab/*/own-*' in ignored
    assert not list(Path(REPOSITORY, 'lab', 'faults').glob('own-*.new'))
