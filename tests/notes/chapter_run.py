"""Runs the blocks of one chapter on one back-end, as a reader would: in terminals, in order."""

import contextlib
import doctest
import re
from collections.abc import Callable

from playground import compose_file
from playground.errors import PlaygroundError
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.fresh_services import fresh
from tests.notes import comparison
from tests.notes.page import Block
from tests.notes.prompts import BashPrompt, PythonPrompt
from tests.repository_copy import copy_repository, with_celery_of

KEYS = {'^C': Terminal.press_control_c, '^D': Terminal.press_control_d}


class MismatchError(Exception):
    """What a page shows is not what happened.

    Attributes:
        line: the page's line.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class ChapterRun:
    """A fresh copy of the repository, and the terminals that the chapter opens."""

    def __init__(self, started: Services, patience: float) -> None:
        """Empty the back-end and make the copy.

        Args:
            started: the back-end that the chapter's commands reach.
            patience: how many seconds to wait for lines in a terminal, or for its end.
        """
        self.patience = patience
        with contextlib.ExitStack() as stack:
            running = stack.enter_context(fresh(started, compose_file.read().vhost))
            self.session = stack.enter_context(Session())
            self.folder = copy_repository(self.session.folder / 'notes')
            # The terminals end first, then what they talk to goes.
            self._stack = stack.pop_all()
        self.environment = with_celery_of(self.session.folder, reader_environment(running))
        self.terminals: dict[str, Terminal] = {}
        self.seen: dict[str, int] = {}
        self.ending: list[Terminal] = []
        self.bash: BashPrompt | None = None
        self.python: PythonPrompt | None = None
        self.python_terminal = ''
        self.opened = 0

    def close(self) -> None:
        """End everything."""
        self._stack.close()

    def run(self, block: Block) -> None:
        """Run a block and compare.

        Raises:
            MismatchError: something is not as the page shows it.
        """
        kinds: dict[str, Callable[[Block], None]] = {
            'bash': self._bash,
            'console': self._console,
            'pycon': self._pycon,
        }
        evaluate = kinds.get(block.kind, self._excerpt)
        try:
            if not only_keys(block):
                self._wait_for_ends()
            self._check_terminals()
            evaluate(block)
        except PlaygroundError as error:
            raise MismatchError(block.line, str(error)) from None

    def _check_terminals(self) -> None:
        for name, terminal in self.terminals.items():
            if terminal.process.poll():
                status = terminal.process.returncode
                del self.terminals[name]
                raise PlaygroundError(
                    f'`{terminal.command}` in terminal {name} has ended with exit status {status};'
                    f' {terminal.last_words()}'
                )

    def _wait_for_ends(self) -> None:
        """Terminals in which Ctrl-C was pressed end beside each other, but before what follows."""
        for terminal in self.ending:
            terminal.wait(self.patience)
        self.ending.clear()

    def _bash(self, block: Block) -> None:
        printed, status = self._bash_prompt().run(block.text)
        if status:
            raise MismatchError(block.line, f'exit status {status}, and it printed\n{printed}')

    def _console(self, block: Block) -> None:
        name = block.directives.get('terminal')
        typed = typed_lines(block)
        keys = [line for line, command, _ in typed if command in KEYS]
        for line, command, expected in typed:
            if name is None:
                self._in_bash(line, command, expected)
                continue
            try:
                self._in_terminal(name, command, expected)
            except PlaygroundError as error:
                raise MismatchError(line, str(error)) from None
            finally:
                if line in keys[-1:] and name in self.terminals:
                    self.ending.append(self.terminals.pop(name))

    def _in_bash(self, line: int, command: str | None, expected: str) -> None:
        if command is None or command in KEYS:
            raise MismatchError(line, 'output without a command needs <!-- terminal: NAME -->')
        printed, _ = self._bash_prompt().run(command)
        if not comparison.is_same(expected, printed):
            difference = comparison.difference(expected, printed)
            raise MismatchError(line, f'$ {command}\n{difference}')

    def _in_terminal(self, name: str, command: str | None, expected: str) -> None:
        if command is not None and command not in KEYS:
            self._open(name, command)
        terminal = self._terminal(name)
        if command is not None and command in KEYS:
            KEYS[command](terminal)
        begin = self.seen[name]

        def end_of_match() -> int | None:
            return comparison.find(expected, comparison.readable(terminal.output)[begin:])

        if expected.strip():
            terminal.wait_until(
                lambda output: end_of_match() is not None,
                self.patience,
                f'these lines:\n{expected}',
            )
            self.seen[name] = begin + (end_of_match() or 0)

    def _open(self, name: str, command: str) -> None:
        if before := self.terminals.get(name):
            before.wait(self.patience)
        self.opened += 1
        unique = f'{name}-{self.opened}'
        self.terminals[name] = Terminal(
            self.session, unique, command, self.environment, self.folder
        )
        self.seen[name] = 0

    def _terminal(self, name: str) -> Terminal:
        try:
            return self.terminals[name]
        except KeyError:
            raise PlaygroundError(f'nothing runs in terminal {name}') from None

    def _pycon(self, block: Block) -> None:
        prompt = self._python_prompt(block.directives.get('terminal', 'shell'))
        try:
            examples = doctest.DocTestParser().get_examples(block.text)
        except ValueError as error:
            raise MismatchError(block.line, str(error)) from None
        if not examples:
            raise MismatchError(block.line, 'there is no >>> in this block')
        for example in examples:
            line = block.line + 1 + example.lineno
            try:
                printed = prompt.run(example.source)
            except PlaygroundError as error:
                raise MismatchError(line, str(error)) from None
            same = comparison.is_same
            if example.want.startswith('Traceback (most recent call last):'):
                same = comparison.is_same_exception
            expected = re.sub(r'(?m)^<BLANKLINE>$', '', example.want)
            if not same(expected, printed):
                difference = comparison.difference(expected, printed)
                raise MismatchError(line, f'>>> {example.source}{difference}')

    def _excerpt(self, block: Block) -> None:
        path = self.folder / block.directives['file']
        if not path.is_file():
            raise MismatchError(block.line, f'there is no file {block.directives["file"]}')
        if f'\n{block.text}' not in '\n' + path.read_text():
            raise MismatchError(block.line, f'these lines are not in {block.directives["file"]}')

    def _bash_prompt(self) -> BashPrompt:
        if self.bash is None or not self.bash.terminal.runs:
            self.opened += 1
            terminal = Terminal(
                self.session, f'bash-{self.opened}', 'bash', self.environment, self.folder
            )
            self.bash = BashPrompt(terminal)
        return self.bash

    def _python_prompt(self, name: str) -> PythonPrompt:
        terminal = self._terminal(name)
        if self.python is None or self.python.terminal is not terminal:
            self.python = PythonPrompt(terminal)
        return self.python


def only_keys(block: Block) -> bool:
    """Tell whether a block types nothing but ``^C`` and ``^D``."""
    return block.kind == 'console' and all(typed in KEYS for _, typed, _ in typed_lines(block))


def typed_lines(block: Block) -> list[tuple[int, str | None, str]]:
    """Split a console block into commands and what each printed.

    Returns:
        For each: the page's line, the command (``^C`` and ``^D`` for these keys, None for output
        that goes on from an earlier block), and the expected output.
    """
    found: list[tuple[int, str | None, str]] = []
    number = block.line
    continues = False
    for line in block.text.splitlines():
        number += 1
        if continues:
            start, command, expected = found.pop()
            found.append((start, f'{command}\n{line.removeprefix("> ")}', expected))
        elif line.startswith('$ '):
            found.append((number, line.removeprefix('$ '), ''))
        elif line in KEYS:
            found.append((number, line, ''))
        elif not found:
            found.append((number, None, f'{line}\n'))
        else:
            start, command, expected = found.pop()
            found.append((start, command, f'{expected}{line}\n'))
        continues = (continues or line.startswith('$ ')) and line.endswith('\\')
    return found
