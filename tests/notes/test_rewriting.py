"""What make bless writes: no more than it must, and no ... lost."""

import pytest

from tests.notes import comparison
from tests.notes.alignment import has_each_line
from tests.notes.comparison import How
from tests.notes.rewriting import merge, rewrite

ID = '459b476a-3c5e-4f8e-9f4e-2b0a4f0e7d11'
LOG = """\
[2026-11-25 03:12:01,123: INFO/MainProcess] mingle: all alone
[2026-11-25 03:12:01,150: INFO/MainProcess] w1@here ready.
[2026-11-25 03:12:02,001: INFO/MainProcess] Task vege.hello[459b476a] got
[2026-11-25 03:12:02,010: INFO/ForkPoolWorker-1] Task vege.hello[459b476a] done in 0.0061s: 'hi'
[2026-11-25 03:12:03,010: INFO/MainProcess] later
"""


@pytest.mark.parametrize(
    ('old', 'new', 'merged'),
    [
        ('version 5.7.0 (...)', 'version 5.6.1 (recovery)', 'version 5.6.1 (...)'),
        ('[...: INFO] Task a[...] received', '[12:00: INFO] Task b[1] received', None),
        ('succeeded in ...s: 2', 'succeeded in 9.8e-05s: 3', 'succeeded in ...s: 3'),
        ('a ... z', 'b y z', 'b ... z'),
        ('', f'sent {ID}', 'sent ...'),
        ('', 'at 2026-11-25 03:12:01.123456+00:00 exactly', 'at ... exactly'),
        ('', 'took 0.0123s, again 9.8e-05s', 'took ...s, again ...s'),
        ('', "{'pid': 4711, 'place': <A object at 0x7f1c2d3e4f50>}", None),
        ('', 'on http://127.0.0.1:23456 and localhost:5672', None),
        ('', 'amqp://celeryman:**@localhost:5672/celery_vhost', 'amqp://...'),
        ('', 'Python 3.11.7 on it', 'Python ... on it'),
        ('', 'two of 3 tasks in 1.5 hours', 'two of 3 tasks in 1.5 hours'),
    ],
)
def test_a_line_keeps_what_it_can_and_hides_what_varies(
    old: str, new: str, merged: str | None
) -> None:
    line = merge(old, new, hidden={'3.11.7'})
    assert comparison.is_same(line, new)
    assert not comparison.PART_OF_A_NUMBER.search(line)
    assert line.count('...') >= old.count('...')
    if merged is not None:
        assert line == merged


def test_lines_that_hold_stay_as_they_are() -> None:
    old = 'one ...\n...\nthree\nfour ... five\n'
    assert rewrite(How.WHOLE, old, ['one 1\nand\nmore\nthree\nfour 4 five\n']) == old
    new = 'one 1\nand\nthree\nfour 4 six\nseven\n'
    assert rewrite(How.WHOLE, old, [new]) == 'one ...\n...\nthree\nfour ... six\nseven\n'


def test_a_line_of_another_version_keeps_its_place_and_what_it_hides() -> None:
    assert rewrite(How.WHOLE, '5.7.0 (...)\n', ['5.6.3 (recovery)']) == '5.6.3 (...)\n'
    old = '...\n ---- w1@... v5.7.0 (collider)\n...\n'
    banner = 'a warning\n ---- w1@here v5.6.3 (recovery)\nmore\n'
    assert rewrite(How.PART, old, [banner]) == old.replace('5.7.0 (collider)', '5.6.3 (recovery)')


def test_a_line_that_is_gone_goes() -> None:
    assert rewrite(How.WHOLE, 'one\nextra words here\nthree\n', ['one\nthree']) == 'one\nthree\n'
    assert rewrite(How.WHOLE, 'one\n', ['']) == ''
    assert rewrite(How.WHOLE, '', ['one\n']) == 'one\n'


def test_what_two_runs_print_otherwise_is_hidden() -> None:
    runs = ['all of 4711 are red\n', 'all of 12 are blue\n']
    assert rewrite(How.WHOLE, 'all of none are red\n', runs) == 'all of ... are ...\n'
    runs = ['begin\nextra\nend\n', 'begin\nend\n']
    assert rewrite(How.WHOLE, 'begin\nend!\n', runs) == 'begin\n...\nend\n'


def test_one_back_end_does_not_undo_what_another_needs() -> None:
    old = 'broker: ...\nstate: old\n'
    runs = ['broker: redis\nstate: new\n', 'broker: amqp\nstate: new\n']
    assert rewrite(How.WHOLE, old, runs) == 'broker: ...\nstate: new\n'


def test_a_part_of_a_log_stays_a_part() -> None:
    old = "[...] Task vege.hello[...] received\n[...] Task vege.hello[...] done in ...s: 'hello'\n"
    new = "[...] Task vege.hello[...] got\n[...] Task vege.hello[...] done in ...s: 'hi'\n"
    assert rewrite(How.PART, old, [LOG]) == new
    assert rewrite(How.PART, 'nothing like it\n', [LOG]) is None
    assert rewrite(How.PART, '[...] mingle: all gone\n', [LOG]) == '[...] mingle: all alone\n'


def test_empty_lines_around_stay() -> None:
    assert rewrite(How.PART, '\n[...] w1@here is ready.\n', [LOG]) == '\n[...] w1@here ready.\n'


def test_an_exception_keeps_its_short_stack() -> None:
    head = 'Traceback (most recent call last):\n'
    printed = f'{head}  File "<page>", line 1, in <module>\nValueError: no good: 5\n'
    assert (
        rewrite(How.EXCEPTION, f'{head}  ...\nValueError: no\n', [printed])
        == f'{head}  ...\nValueError: no good: 5\n'
    )
    assert rewrite(How.EXCEPTION, f'{head}ValueError: no\n', ['3\n']) == '3\n'
    assert rewrite(How.WHOLE, '3\n', [printed]) == f'{head}  ...\nValueError: no good: 5\n'


def test_an_excerpt_follows_its_file() -> None:
    file = 'import time\n\n\ndef add(x, y):\n    time.sleep(1)\n    return y + x\n\n\nlast = 1\n'
    old = 'def add(x, y):\n    return x + y\n'
    new = 'def add(x, y):\n    time.sleep(1)\n    return y + x\n'
    assert rewrite(How.EXCERPT, old, [file]) == new
    assert rewrite(How.EXCERPT, new, [file]) == new
    assert rewrite(How.EXCERPT, 'class Other:\n    pass\n', [file]) is None


def test_a_log_may_still_bring_a_line_that_another_only_resembles() -> None:
    old = '[...: INFO/ForkPoolWorker-1] Task vege.hello[...] ended in ...s\n'
    assert has_each_line(old, LOG)
    assert not has_each_line('[...: INFO/MainProcess] Terminating ... (15)\n', LOG)
    assert not has_each_line(f'{old}[...: INFO/MainProcess] Terminating ... (15)\n', LOG)
