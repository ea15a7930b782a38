"""examples/error_capture.py writes a line for a call that its task cannot take, too."""

import json
from pathlib import Path

import pytest

from examples.error_capture import failed, log_in


@pytest.mark.parametrize(
    ('args', 'kwargs', 'shown'),
    [
        (['Ann'], {'password': 'pass1234'}, {'name': "'Ann'", 'password': '***'}),
        (['Ann'], {'pass_word': 'pass1234'}, {}),
        (['Ann', 'pass1234', 'more'], {}, {}),
    ],
)
def test_a_failure_is_a_line(
    args: list[str],
    kwargs: dict[str, str],
    shown: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    failed(log_in, 'an id', TypeError('it does not fit'), args, kwargs, einfo='a traceback')
    [line] = Path('errors.jsonl').read_text().splitlines()
    assert 'pass1234' not in line
    found = json.loads(line)
    assert (found['arguments'], found['error']) == (shown, "TypeError('it does not fit')")
