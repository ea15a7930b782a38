"""Types at a prompt and reads the answer: bash for console blocks, Python for pycon blocks."""

import shlex
import uuid

from playground.errors import PlaygroundError
from playground.terminal import Terminal

# examples.costs runs ten thousand tasks, on a machine that runs other tests too.
SECONDS = 240.0


class Prompt:
    """A program that reads commands and marks the end of each answer."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.mark = f'answered-{uuid.uuid4().hex}'

    def answer(self, typed: str) -> str:
        """Type a line and return what the program prints up to its mark.

        Raises:
            PlaygroundError: no mark came, or the program ended.
        """
        begin = len(self.terminal.output)
        self.terminal.type(typed)
        self.terminal.wait_until(
            lambda output: self.mark in output[begin:], SECONDS, f'an answer to {typed!r}'
        )
        return self.terminal.output[begin:].split(self.mark)[0]


class BashPrompt(Prompt):
    """A bash in which the page's commands run one after the other, as in a reader's terminal."""

    def run(self, command: str) -> tuple[str, int]:
        """Run a command; what it changes (folder, variables, ``$?``) stays for the next.

        Returns:
            What it printed, and its exit status.
        """
        output = self.answer(
            f'(exit ${{notes_status:-0}}); eval {shlex.quote(command)} < /dev/null;'
            f" notes_status=$?; printf '\\n%s %s\\n' $notes_status {self.mark}\n"
        )
        printed, _, status = output.rstrip(' ').rpartition('\n')
        return printed, int(status)


class PythonPrompt(Prompt):
    """A Python prompt, such as that of ``celery -A vege shell``."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self.answer(f'import sys; sys.ps1 = {self.mark!r} + "\\n"\n')

    def run(self, source: str) -> str:
        """Run a statement and return what it printed."""
        try:
            return self.answer(f"exec(compile({source!r}, '<page>', 'single'))\n")
        except PlaygroundError as error:
            raise PlaygroundError(str(error).replace(self.mark, '>>>')) from None
