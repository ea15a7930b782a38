"""make faults with what a reader may type by mistake: one sentence, exit status 2."""

import os
import subprocess
from pathlib import Path

import pytest

from playground.virtual_environment import PYTHON, REPOSITORY

SECONDS = 120.0


@pytest.mark.parametrize(
    ('variables', 'sentence'),
    [
        ({'QUICK': 'maybe'}, "QUICK is 'maybe': QUICK=1 makes it short"),
        ({'FAULT': 'earthquake'}, "there is no fault 'earthquake': choose one of "),
        ({'FAULT': '$(HOME) "x'}, "there is no fault '$(HOME) \"x': choose one of "),
        ({'RESULTS': 'no such folder/results.json'}, 'there is no folder no such folder'),
        ({'RESULTS': 'lab'}, 'lab is a folder'),
        ({'RESULTS': 'LICENSE'}, 'LICENSE holds no results of make faults'),
    ],
)
def test_a_mistake_gets_a_sentence(variables: dict[str, str], sentence: str) -> None:
    names = ('MAKE', 'MFLAGS', 'QUICK', 'FAULT', 'RESULTS')
    environment = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    ended = subprocess.run(
        ['make', 'faults', f'PYTHON={PYTHON}'],
        cwd=REPOSITORY,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if not line.startswith('make')]
    assert len(lines) == 1
    assert lines[0].startswith(f'faults: {sentence}')
    assert ended.stdout == ''


def test_what_lies_beside_is_not_committed() -> None:
    ignored = (REPOSITORY / '.gitignore').read_text()
    assert 'lab/*/own-*' in ignored
    assert not list(Path(REPOSITORY, 'lab', 'faults').glob('own-*.new'))
