"""examples/error_capture.py writes a line for a call that its task cannot take, too."""

import json
from pathlib import Path

import pytest
from celery.signals import task_failure, task_internal_error, task_rejected, task_unknown

from examples.error_capture import failed, log_in, rejected, unknown

# Else it writes a line for each failure of the other tests of this process.
for signal, handler in (
    (task_failure, failed),
    (task_internal_error, failed),
    (task_unknown, unknown),
    (task_rejected, rejected),
):
    assert signal.disconnect(handler)


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
