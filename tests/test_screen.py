"""A command on a terminal's screen: its text, its colours, its end."""

import os
import time

import pytest

from playground.errors import PlaygroundError
from playground.pictures.screen import Screen
from playground.session import Session

SECONDS = 20.0


def screen(session: Session, command: str) -> Screen:
    return Screen(session, command, os.environ, rows=5, columns=30)


def test_a_screen_keeps_the_colours(session: Session) -> None:
    drawn = screen(
        session, r"printf '\033[31mred\033[0m \033[1mbold\033[0m\n\033[7mreverse\033[0m'"
    )
    drawn.wait_for_the_end(SECONDS)
    first, second = drawn.lines()
    assert (first.plain, second.plain) == ('red bold', 'reverse')
    styles = {first.plain[span.start : span.end]: span.style for span in first.spans}
    assert str(styles['red']).startswith('not bold')
    assert 'red' in str(styles['red'])
    assert str(styles['bold']).startswith('bold')
    assert 'reverse' in str(second.spans[0].style)


def test_what_is_overwritten_is_not_shown(session: Session) -> None:
    drawn = screen(session, r"printf 'first\rlast!'")
    drawn.wait_for_the_end(SECONDS)
    assert [line.plain for line in drawn.lines()] == ['last!']


def test_a_command_that_fails_is_named_with_its_screen(session: Session) -> None:
    drawn = screen(session, 'ls --no-such-option')
    with pytest.raises(PlaygroundError, match=r'(?s)`ls --no-such-option` failed.*no-such-option'):
        drawn.wait_for_the_end(SECONDS)


def test_a_text_that_does_not_come_is_named(session: Session) -> None:
    drawn = screen(session, 'sleep 30')
    begin = time.monotonic()
    with pytest.raises(PlaygroundError, match=r"`sleep 30` did not show \{'never': 1\} within"):
        drawn.wait_for({'never': 1}, 1)
    assert time.monotonic() - begin < SECONDS
