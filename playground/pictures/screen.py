"""A command on a terminal's screen, with its colours."""

import itertools
import shlex
import time
from collections.abc import Mapping

import pexpect
import pyte
from pyte.screens import Char
from rich.style import Style
from rich.text import Text

from playground.errors import PlaygroundError
from playground.session import Session
from playground.virtual_environment import REPOSITORY

# What pyte calls a colour, where rich has another name for it.
RENAMED = {'brown': 'yellow', 'brightbrown': 'bright_yellow'}


class Screen:
    """A command in a pseudo-terminal, and what a reader sees there."""

    def __init__(
        self,
        session: Session,
        command: str,
        environment: Mapping[str, str],
        rows: int,
        columns: int,
    ) -> None:
        """Start the command.

        Args:
            session: ends it.
            command: as a reader types it.
            environment: the whole environment.
            rows: of the terminal.
            columns: of the terminal.
        """
        self._command = command
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        # pyte knows the control sequences of this terminal.
        terminal = {'TERM': 'linux', 'LINES': str(rows), 'COLUMNS': str(columns)}
        program, *arguments = shlex.split(command)
        self._process = pexpect.spawn(
            program,
            arguments,
            env={**environment, **terminal, **session.marks('terminal')},
            cwd=str(REPOSITORY),
            dimensions=(rows, columns),
            encoding='utf-8',
        )

    def wait_for(self, counts: Mapping[str, int], seconds: float) -> None:
        """Wait until texts are on the screen.

        Args:
            counts: how many lines have each of them.
            seconds: the limit.

        Raises:
            PlaygroundError: the command ended first, or the time was over.
        """
        deadline = time.monotonic() + seconds
        while not self._has(counts):
            if not self._read(deadline):
                raise PlaygroundError(
                    f'`{self._command}` did not show {dict(counts)} within {seconds:.0f} seconds;'
                    f' its screen was:\n{self._shown()}'
                )

    def wait_for_the_end(self, seconds: float) -> None:
        """Wait until the command has ended without an error.

        Args:
            seconds: the limit.

        Raises:
            PlaygroundError: it ended with an error, or the time was over.
        """
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        self._process.close()
        if self._process.exitstatus != 0:
            raise PlaygroundError(f'`{self._command}` failed; its screen was:\n{self._shown()}')

    def lines(self) -> list[Text]:
        """The screen with its colours, without the empty lines at its end."""
        rows = [self._line(row) for row in range(self._screen.lines)]
        while rows and not rows[-1].plain.strip():
            rows.pop()
        return rows

    def _read(self, deadline: float) -> bool:
        try:
            left = max(0.0, deadline - time.monotonic())
            self._stream.feed(self._process.read_nonblocking(4096, left))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        return True

    def _has(self, counts: Mapping[str, int]) -> bool:
        shown = self._screen.display
        return all(sum(text in line for line in shown) == number for text, number in counts.items())

    def _shown(self) -> str:
        return '\n'.join(line.plain.rstrip() for line in self.lines())

    def _line(self, row: int) -> Text:
        characters = self._screen.buffer[row]
        columns = [characters[column] for column in range(self._screen.columns)]
        while columns and columns[-1] == self._screen.default_char:
            columns.pop()
        line = Text()
        for style, alike in itertools.groupby(columns, key=_style):
            line.append(''.join(character.data for character in alike), style)
        return line


def _style(character: Char) -> Style:
    return Style(
        color=_colour(character.fg),
        bgcolor=_colour(character.bg),
        bold=character.bold,
        underline=character.underscore,
        reverse=character.reverse,
    )


def _colour(name: str) -> str:
    if name in RENAMED:
        return RENAMED[name]
    if name.startswith('bright'):
        return name.replace('bright', 'bright_')
    is_hexadecimal = len(name) == 6 and all(digit in '0123456789abcdef' for digit in name)
    return f'#{name}' if is_hexadecimal else name
