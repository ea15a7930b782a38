"""make demo: real workers run the notes' tasks; every command shown is the one that runs."""

import importlib
import os
import shlex
import sys
import time
from typing import Any

import redis
from celery import chain, chord, group
from celery.exceptions import TimeoutError as ResultTimeoutError
from kombu.exceptions import OperationalError
from rich.console import Console
from rich.table import Table

from playground import flower, services
from playground.docker import CHOOSE_ANOTHER
from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment

START_SECONDS = 30.0
COMMAND_SECONDS = 20.0
TICK_SECONDS = 20.0


def run(backend: str | None) -> int:
    """Show the notes' tasks on real workers, and end all of it.

    Args:
        backend: ``compose``, ``native`` or ``embedded``; without one, one is chosen.

    Raises:
        PlaygroundError: a part cannot start, or does not do its work in time.
    """
    console = Console(highlight=False, soft_wrap=True)
    begin = time.monotonic()
    with Session() as session:
        _say(console, 'Services', 'starting a broker and a result backend')
        running = services.start(backend, session)
        _say(console, running.backend, running.description)
        if backend is None:
            console.print(
                '  [dim]another one: make demo BACKEND=native, or compose, or embedded[/]'
            )
        tasks = _show(console, session, running)
    seconds = time.monotonic() - begin
    _summary(console, running, tasks, seconds)
    return 0


def _show(console: Console, session: Session, running: Services) -> int:
    try:
        return Demo(console, session, running).show()
    except ResultTimeoutError:
        _hush()
        raise PlaygroundError(
            'a worker did not return a result within 10 seconds: run this again'
            ' when the machine has less to do, or on another back-end'
        ) from None
    except (OperationalError, redis.RedisError, ConnectionError, RuntimeError) as error:
        _hush()
        raise PlaygroundError(
            f'the services have stopped to answer ({" ".join(str(error).split())}):'
            f' start them again, {CHOOSE_ANOTHER}'
        ) from None


def _hush() -> None:
    """Keep quiet about results that cannot say good-bye: one sentence is enough."""
    sys.unraisablehook = lambda _: None


class Demo:
    """The steps of the demo, in order."""

    def __init__(self, console: Console, session: Session, running: Services) -> None:
        """Start the workers, beat and Flower at once: each takes a second or two."""
        self.console = console
        self.session = session
        self.running = running
        self.environment = reader_environment(running)
        self.names: dict[str, Any] = {}
        os.environ.update(running.environment)
        _say(console, 'Workers', 'each of these lines is a terminal of its own')
        self.vege = self._worker('vege', '-E')
        record = shlex.quote(str(session.folder / 'beat-record'))
        self.vege2 = self._worker('vege2', f'-Q queue1,queue2 -B -s {record}')
        self.basic_setup = self._worker('basic_setup', '')
        self.flower_url = running.flower_url or f'http://{LOOPBACK}:{free_port()}'
        self.flower: Terminal | None = None
        if running.flower_url is None:
            self.flower = flower.start(session, running, int(self.flower_url.rsplit(':', 1)[1]))
            self._show_command(self.flower.command)

    def show(self) -> int:
        """Run all steps.

        Returns:
            How many tasks the workers ran.
        """
        self._calls()
        self._work_flows()
        self._monitoring()
        self._tick()
        workers = (self.vege, self.vege2, self.basic_setup)
        return sum(worker.output.count(' succeeded in ') for worker in workers)

    def _calls(self) -> None:
        self._wait(self.vege, ' ready.')
        _say(self.console, 'Calls', 'as typed in: celery -A vege shell')
        self.names.update(vars(importlib.import_module('vege')))
        self._type("r = hello.delay('Chris')")
        self._type('r.get(timeout=10)')
        self._type('r.status')
        self._type('r.id')
        self._type('r.backend')
        self._type("r2 = hello.apply_async(('Mark',), countdown=2, queue='celery')")
        self._type('r2.ready()')
        self._type('r2.get(timeout=10)')

    def _work_flows(self) -> None:
        self._wait(self.basic_setup, ' ready.')
        _say(self.console, 'Work-flows', 'as typed in: celery -A basic_setup shell')
        self.names.update(vars(importlib.import_module('basic_setup.tasks')))
        self.names.update(chain=chain, chord=chord, group=group)
        self._type('chain(add.s(2, 3), mul.s(4))().get(timeout=10)')
        self._type('group(add.s(i, i) for i in range(5))().get(timeout=10)')
        self._type('chord((add.s(i, i) for i in range(5)), xsum.s())().get(timeout=10)')

    def _monitoring(self) -> None:
        _say(self.console, 'Monitoring', 'the workers answer, and so does Flower')
        self._command('celery -A vege inspect ping')
        if self.flower:
            self._wait(self.flower, 'Visit me at')
        url = f'{self.flower_url}/api/workers?refresh=true'
        self._show_command(f"curl '{url}'")
        refused, workers = self._ask_flower()
        self.console.print(f'  HTTP status {refused}: who asks without a password is refused')
        self._show_command(f"curl -u {shlex.quote(self.running.credentials)} '{url}'")
        ours = [name for name in workers if self._suffix in name]
        self.console.print(f'  {len(ours)} workers: {", ".join(sorted(ours))}')

    def _ask_flower(self) -> tuple[int, dict[str, Any]]:
        try:
            return flower.workers(self.flower_url, self.running.credentials)
        except (OSError, ValueError) as error:
            raise PlaygroundError(
                f'Flower does not answer at {self.flower_url} ({error}):'
                f' start the services again, {CHOOSE_ANOTHER}'
            ) from None

    def _tick(self) -> None:
        _say(self.console, 'Beat', 'vege2 sends a task every 10 seconds; waiting for the first')
        self.vege2.wait_for("'hello there'", TICK_SECONDS)
        for line in self.vege2.output.splitlines():
            if 'Sending due task' in line or 'vege2.hello[' in line:
                self.console.print(f'  {line}', markup=False)

    @property
    def _suffix(self) -> str:
        """Makes node names unique: on compose, others may have workers on the same broker."""
        return f'-{self.session.identifier[:4]}@'

    def _worker(self, app: str, options: str) -> Terminal:
        node = f'{app}{self._suffix}localhost'
        command = f'celery -A {app} worker -l info -n {node} {options}'.rstrip()
        self._show_command(command)
        return Terminal(self.session, app, command, self.environment)

    def _wait(self, terminal: Terminal, text: str) -> None:
        with self.console.status(f'waiting for {terminal.name}'):
            terminal.wait_for(text, START_SECONDS)

    def _command(self, command: str) -> None:
        self._show_command(command)
        terminal = Terminal(self.session, 'command', command, self.environment)
        terminal.wait(COMMAND_SECONDS)
        for line in terminal.output.strip().splitlines():
            self.console.print(f'  {line}', markup=False)

    def _show_command(self, command: str) -> None:
        self.console.print(f'  $ {command}', style='cyan', markup=False)

    def _type(self, line: str) -> None:
        """Show a line as it is typed, run it, and show its value as Python's prompt does."""
        self.console.print(f'  >>> {line}', style='cyan', markup=False)
        try:
            expression = compile(line, '<demo>', 'eval')
        except SyntaxError:
            exec(line, self.names)
        else:
            self.console.print(f'  {eval(expression, self.names)!r}', markup=False)


def _say(console: Console, step: str, what: str) -> None:
    console.print(f'[bold]{step}[/]: {what}')


def _summary(console: Console, running: Services, tasks: int, seconds: float) -> None:
    table = Table(show_header=False)
    table.add_row('back-end', running.backend)
    table.add_row('services', running.description)
    table.add_row('tasks run', str(tasks))
    table.add_row('seconds', f'{seconds:.1f}')
    console.print(table)
    console.print('Everything that was started has ended. Next: make play, and read README.md.')
