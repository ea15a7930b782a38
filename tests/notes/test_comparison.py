"""What counts as the same."""

import pytest

from tests.notes import comparison


@pytest.mark.parametrize(
    ('expected', 'printed'),
    [
        ('hello', 'hello'),
        ('hello\n', '\nhello   \n\n'),
        ('<AsyncResult: ...>', '<AsyncResult: 459b476a>'),
        ('a\n...\nd', 'a\nb\nc\nd'),
        ('a\n...\nd', 'a\nd'),
        ('a\n...', 'a'),
        ('...\nd', 'd'),
        ('...', ''),
        ('(1, [2]) *', '(1, [2]) *'),
        ('', ''),
    ],
)
def test_same(expected: str, printed: str) -> None:
    assert comparison.is_same(expected, printed)


@pytest.mark.parametrize(
    ('expected', 'printed'),
    [
        ('hello', 'hell'),
        ('hell', 'hello'),
        ('hello', 'say hello'),
        ('', 'hello'),
        ('hello', ''),
        ('a\n...\nd', 'a\nb\nc'),
        ('a.c', 'abc'),
        ('a\n...\nd', 'ad'),
        ('  hello', 'hello'),
        ('a...d', 'a\nd'),
    ],
)
def test_not_the_same(expected: str, printed: str) -> None:
    assert not comparison.is_same(expected, printed)


def test_find_takes_whole_lines_only() -> None:
    log = 'first\n[12:00] Task received\n[12:01] Task succeeded in 0.1s\nlast\n'
    assert comparison.find('[...] Task received', log) == log.index('[12:01]')
    assert comparison.find('[...] Task received\n[...] Task succeeded in ...s', log)
    assert comparison.find('Task received', log) is None
    assert comparison.find('[...] Task', log) is None
    assert comparison.find('...\nlast', log) == len(log)


def test_lines_that_others_cause_may_come_anywhere_in_a_log() -> None:
    events = '[12:00: INFO/MainProcess] Events of group {task} enabled by remote.'
    log = (
        f'{events}\n[12:00: INFO/MainProcess] Task received\n{events}\n'
        '[12:01: INFO/MainProcess] missed heartbeat from w1@here\n'
        '[12:01: INFO/MainProcess] Task succeeded\n'
    )
    shown = '[...] Task received\n[...] Task succeeded'
    assert comparison.find(shown, log) == len(log)
    assert comparison.find(f'[...] Task received\n{events}\n...\n[...] Task succeeded', log)
    assert comparison.find(shown, log.replace('missed heartbeat', 'a line of its own')) is None
    assert comparison.find(f'{events}\n[...] Task succeeded', log)
    assert comparison.find(f'{events}\n[...] Task gone', log) is None


def test_exceptions_are_compared_without_their_stack() -> None:
    printed = (
        'Traceback (most recent call last):\n  File "<page>", line 1\n    x\n    ^\n'
        'ValueError: first\n\nThe above exception was the direct cause of the following:\n\n'
        'Traceback (most recent call last):\n  File "<page>", line 1\nTypeError: last\nand more\n'
    )
    same = comparison.is_same_exception
    head = 'Traceback (most recent call last):\n'
    assert same(f'{head}  ...\nTypeError: last\nand more', printed)
    assert same(f'{head}TypeError: last\nand more', printed)
    assert not same(f'{head}TypeError: last', printed)
    assert not same(f'{head}ValueError: first', printed)
    assert not same(f'{head}TypeError: last\nand more', 'TypeError: last\nand more\n')
