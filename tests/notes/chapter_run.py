"""Runs the blocks of one chapter on one back-end, as a reader would: in terminals, in order."""

import contextlib
import re
import signal
import time
from collections.abc import Callable

from playground import compose_file
from playground.cluster import own_cluster
from playground.errors import PlaygroundError
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.fresh_services import fresh
from tests.notes import alignment, comparison
from tests.notes.block import (
    CONTROL_C,
    CONTROL_D,
    DEBUGGER,
    KEYS,
    Block,
    Typed,
    only_keys,
    typed,
)
from tests.notes.comparison import BLANK_LINE, TRACEBACK, How
from tests.notes.leftovers import Leftovers
from tests.notes.observation import Observation, Recorder
from tests.notes.prompts import BashPrompt, PythonPrompt
from tests.repository_copy import copy_repository, with_celery_of

PRESS = {CONTROL_C: Terminal.press_control_c, CONTROL_D: Terminal.press_control_d}

# What a shell prints when its command was killed; a page shows it in the terminal of a worker.
KILLED = 'Killed\n'

# bash's own: the command was found but cannot be executed, the command was not found.
NOT_RUN = (126, 127)

# A worker that is stopped as it hands over a task ends half a minute later (production.md, 6).
END_FACTOR = 2

# A log that is quiet for less may still bring the lines of the page: some are 10 s apart.
QUIET_SECONDS = 12.0


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

    def __init__(
        self,
        page: str,
        chapter: str,
        started: Services,
        patience: float,
        recorder: Recorder | None = None,
    ) -> None:
        """Empty the back-end and make the copy.

        Args:
            page: the page's name.
            chapter: the chapter's heading.
            started: the back-end that the chapter's commands reach.
            patience: how many seconds to wait for lines in a terminal, or for its end.
            recorder: writes down what was printed, and the run goes on where the page shows
                something else. Without one, that is an error.
        """
        self.page = page
        self.chapter = chapter
        self.backend = started.backend
        self.patience = patience
        self.recorder = recorder
        self.is_late = False
        with contextlib.ExitStack() as stack:
            running = stack.enter_context(fresh(started, compose_file.read().vhost))
            self.session = stack.enter_context(Session())
            self.folder = copy_repository(self.session.folder / 'notes')
            self.leftovers = Leftovers(running, self.session, self.folder)
            # The terminals end first, then what they talk to goes.
            self._stack = stack.pop_all()
        self.environment = with_celery_of(self.session.folder, reader_environment(running))
        self.terminals: dict[str, Terminal] = {}
        self.seen: dict[str, int] = {}
        self.ending: list[Terminal] = []
        self.bash: BashPrompt | None = None
        self.python: PythonPrompt | None = None
        self.opened = 0
        self.has_cluster = False

    def close(self) -> None:
        """End everything."""
        self._stack.close()

    def run(self, block: Block) -> None:
        """Run a block and compare.

        Raises:
            MismatchError: something is not as the page shows it, or cannot be run.
        """
        kinds: dict[str, Callable[[Block], None]] = {
            'bash': self._bash,
            'console': self._console,
            'pycon': self._pycon,
        }
        evaluate = kinds.get(block.kind, self._excerpt)
        try:
            if block.needs == 'cluster' and not self.has_cluster:
                self.environment.update(own_cluster(self.session).variables)
                self.has_cluster = True
            if not only_keys(block):
                self._wait_for_ends()
            self._check_terminals(block)
            evaluate(block)
        except PlaygroundError as error:
            raise MismatchError(block.line, str(error)) from None

    def end(self, line: int, allowed: list[str]) -> None:
        """End the terminals, and fail if the chapter leaves what was not there when it began.

        Args:
            line: the page's line to tell of.
            allowed: patterns of what it may leave, as in ``queue slow``.

        Raises:
            MismatchError: something is left.
        """
        try:
            self._end_terminals()
            self._wait_for_ends()
        except PlaygroundError as error:
            raise MismatchError(line, str(error)) from None
        if self.recorder:
            return
        if self.bash:
            self.bash.terminal.press_control_d()
            self.bash.terminal.wait(self.patience)
        if left := self.leftovers.found(allowed, self.patience / 2):
            listed = ''.join(f'\n  {name}' for name in left)
            raise MismatchError(
                line,
                f'the chapter leaves, on {self.backend}:{listed}\n'
                'remove it at the end of the chapter, or say why it stays, as in\n'
                f'<!-- leaves: {left[0]} reason="WHY" -->',
            )

    def _check_terminals(self, block: Block) -> None:
        shown = block.directives.get('terminal') if block.text == KILLED else None
        for name, terminal in self.terminals.items():
            if terminal.process.poll():
                status = terminal.process.returncode
                if name == shown and status == -signal.SIGKILL:
                    continue
                del self.terminals[name]
                raise PlaygroundError(
                    f'`{terminal.command}` in terminal {name} has ended with exit status {status};'
                    f' {terminal.last_words()}'
                )

    def _end_terminals(self) -> None:
        """Press what README.md tells a reader to press at the end of a chapter."""
        for terminal in self.terminals.values():
            if terminal.runs:
                is_prompt = self.python is not None and self.python.terminal is terminal
                PRESS[CONTROL_D if is_prompt else CONTROL_C](terminal)
                self.ending.append(terminal)
        self.terminals.clear()

    def _wait_for_ends(self) -> None:
        """Terminals in which Ctrl-C was pressed end beside each other, but before what follows."""
        for terminal in self.ending:
            terminal.wait(END_FACTOR * self.patience)
        self.ending.clear()

    def _compare(
        self, how: How, one: Typed, title: str, printed: str, expected: str | None = None
    ) -> None:
        """Record what was printed, or fail if it is not what the page shows."""
        shown = one.expected if expected is None else expected
        seen = Observation(
            *(self.page, self.backend, self.chapter, one.line, title, one.first),
            *(how, shown, printed, self.is_late),
        )
        if self.recorder:
            self.recorder.record(seen)
        elif not seen.holds:
            if how is How.EXCERPT:
                raise MismatchError(one.line, f'these lines are not in {title}')
            difference = comparison.difference(shown, printed)
            raise MismatchError(one.line, f'{title}\n{difference}')

    def _bash(self, block: Block) -> None:
        printed, status = self._bash_prompt().run(block.text)
        if status:
            raise MismatchError(block.line, f'exit status {status}, and it printed\n{printed}')

    def _console(self, block: Block) -> None:
        name = block.directives.get('terminal')
        if name is not None and block.text == KILLED:
            self._was_killed(name, block.line)
            return
        lines = typed(block)
        keys = [one for one in lines if one.command in KEYS]
        for one in lines:
            if name is None:
                self._in_bash(one)
                continue
            try:
                self._in_terminal(name, one)
            except PlaygroundError as error:
                raise MismatchError(one.line, str(error)) from None
            finally:
                if one in keys[-1:] and name in self.terminals:
                    self.ending.append(self.terminals.pop(name))

    def _was_killed(self, name: str, line: int) -> None:
        terminal = self._terminal(name)
        status = terminal.wait(self.patience)
        del self.terminals[name]
        if status != -signal.SIGKILL:
            raise MismatchError(
                line, f'terminal {name} ended with exit status {status}, so it was not killed'
            )

    def _in_bash(self, one: Typed) -> None:
        if one.command is None or one.command in KEYS:
            raise MismatchError(one.line, 'output without a command needs <!-- terminal: NAME -->')
        printed, status = self._bash_prompt().run(one.command)
        if status in NOT_RUN and not comparison.is_same(one.expected, printed):
            raise MismatchError(one.line, f'$ {one.command}\ncould not be run: {printed.strip()}')
        self._compare(How.WHOLE, one, f'$ {one.command}', printed)

    def _in_terminal(self, name: str, one: Typed) -> None:
        if one.command is not None and one.command.startswith(DEBUGGER):
            self._type_at_debugger(name, one.command.removeprefix(DEBUGGER))
        elif one.command is not None and one.command not in KEYS:
            self._open(name, one.command)
        terminal = self._terminal(name)
        if one.command in PRESS:
            PRESS[one.command](terminal)
        if one.expected.strip():
            begin = self.seen[name]
            came = self._wait_for_lines(terminal, one.expected, begin)
            log = comparison.readable(terminal.output)[begin:]
            end = comparison.find(one.expected, log)
            self._compare(How.PART, one, f'terminal {name}', log[:end])
            if end is None:
                end = alignment.end_of_part(one.expected, log)
            self.seen[name] = begin + end
            self.is_late = self.is_late or not came

    def _type_at_debugger(self, name: str, command: str) -> None:
        """Wait for the debugger's next prompt, type, and have its answer compared from there."""
        terminal = self._terminal(name)

        def asks(output: str) -> bool:
            is_new = len(comparison.readable(output)) > self.seen[name]
            return is_new and output.endswith(DEBUGGER)

        terminal.wait_until(asks, self.patience, DEBUGGER)
        self.seen[name] = len(comparison.readable(terminal.output)) + 1
        terminal.type(f'{command}\n')

    def _wait_for_lines(self, terminal: Terminal, expected: str, begin: int) -> bool:
        """Wait until a log has the lines of a page or, where it is recorded, similar ones.

        Returns:
            Whether they came; if not, the run goes on, for it is recorded.

        Raises:
            PlaygroundError: they did not come.
        """
        settled = _Settled(expected)

        def is_there(output: str) -> bool:
            log = comparison.readable(output)[begin:]
            if comparison.find(expected, log) is not None:
                return True
            return self.recorder is not None and settled.has(log)

        try:
            terminal.wait_until(is_there, self.patience, f'these lines:\n{expected}')
        except PlaygroundError:
            if self.recorder is None or terminal.process.poll():
                raise
            return False
        return True

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
            lines = typed(block)
        except ValueError as error:
            raise MismatchError(block.line, str(error)) from None
        if not lines:
            raise MismatchError(block.line, 'there is no >>> in this block')
        for one in lines:
            source = one.command or ''
            try:
                printed = prompt.run(source)
            except PlaygroundError as error:
                raise MismatchError(one.line, str(error)) from None
            how = How.EXCEPTION if one.expected.startswith(TRACEBACK) else How.WHOLE
            expected = re.sub(f'(?m)^{BLANK_LINE}$', '', one.expected)
            self._compare(how, one, f'>>> {source.rstrip()}', printed, expected)

    def _excerpt(self, block: Block) -> None:
        name = block.directives['file']
        path = self.folder / name
        if not path.is_file():
            raise MismatchError(block.line, f'there is no file {name}')
        one = Typed(block.line, None, block.text, block.line + 1)
        self._compare(How.EXCERPT, one, name, path.read_text(encoding='utf-8'))

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


class _Settled:
    """Tells when a log has a line for each of the page's, though another, and is quiet."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        self.log: str | None = None
        self.since = 0.0
        self.answer: bool | None = None

    def has(self, log: str) -> bool:
        if log != self.log:
            self.log, self.since, self.answer = log, time.monotonic(), None
        elif self.answer is None and time.monotonic() - self.since > QUIET_SECONDS:
            self.answer = alignment.has_each_line(self.expected, log)
        return bool(self.answer)
