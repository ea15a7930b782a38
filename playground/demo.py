"""make demo: real workers run the notes' tasks; every command shown is the one that runs."""

import os
import subprocess
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from playground import compose_file, flower, services
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY

WORKER_SECONDS = 30.0
RESULT_SECONDS = 10.0
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
        tasks = Demo(console, session, running).show()
    seconds = time.monotonic() - begin
    _summary(console, running, tasks, seconds)
    return 0


class Demo:
    """The steps of the demo, in order."""

    def __init__(self, console: Console, session: Session, running: Services) -> None:
        """Start the workers, beat and Flower at once: each takes a second or two."""
        self.console = console
        self.environment = reader_environment(running.environment)
        os.environ.update(running.environment)
        _say(console, 'Workers', 'each of these lines is a terminal of its own')
        self.vege = self._terminal(session, 'vege', 'celery -A vege worker -l info -n vege@%h -E')
        record = session.folder / 'beat-record'
        self.vege2 = self._terminal(
            session,
            'vege2',
            f"celery -A vege2 worker -l info -n vege2@%h -Q queue1,queue2 -B -s '{record}'",
            shown='celery -A vege2 worker -l info -n vege2@%h -Q queue1,queue2 -B -s beat-record',
        )
        self.basic_setup = self._terminal(
            session, 'basic_setup', 'celery -A basic_setup worker -l info -n basic_setup@%h'
        )
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
        from vege import hello

        result = self._typed("r = hello.delay('Chris')", hello.delay('Chris'))
        self._typed('r.get(timeout=10)', result.get(timeout=RESULT_SECONDS))
        self._typed('r.status', result.status)
        self._typed('r.id', result.id)
        self._typed('r.backend', result.backend)
        late = self._typed(
            "r2 = hello.apply_async(('Mark',), countdown=2, queue='celery')",
            hello.apply_async(('Mark',), countdown=2, queue='celery'),
        )
        self._typed('r2.ready()', late.ready())
        self._typed('r2.get(timeout=10)', late.get(timeout=RESULT_SECONDS))

    def _work_flows(self) -> None:
        self._wait(self.basic_setup, ' ready.')
        _say(self.console, 'Work-flows', 'as typed in: celery -A basic_setup shell')
        from celery import chain, chord, group

        from basic_setup.tasks import add, mul, xsum

        self._typed(
            'chain(add.s(2, 3), mul.s(4))().get(timeout=10)',
            chain(add.s(2, 3), mul.s(4))().get(timeout=RESULT_SECONDS),
        )
        self._typed(
            'group(add.s(i, i) for i in range(5))().get(timeout=10)',
            group(add.s(i, i) for i in range(5))().get(timeout=RESULT_SECONDS),
        )
        self._typed(
            'chord((add.s(i, i) for i in range(5)), xsum.s())().get(timeout=10)',
            chord((add.s(i, i) for i in range(5)), xsum.s())().get(timeout=RESULT_SECONDS),
        )

    def _monitoring(self) -> None:
        _say(self.console, 'Monitoring', 'the workers answer, and so does Flower')
        self._command('celery -A vege inspect ping')
        credentials = compose_file.read().flower_credentials
        if self.flower:
            self._wait(self.flower, 'Visit me at')
        url = f'{self.flower_url}/api/workers?refresh=true'
        self._show_command(f"curl '{url}'")
        self.console.print(
            f'  HTTP status {flower.status(url)}: who asks without a password is refused'
        )
        self._show_command(f"curl -u {credentials} '{url}'")
        names = sorted(flower.read(url, credentials))
        self.console.print(f'  {len(names)} workers: {", ".join(names)}')

    def _tick(self) -> None:
        _say(self.console, 'Beat', 'vege2 sends a task every 10 seconds; waiting for the first')
        self.vege2.wait_for("'hello there'", TICK_SECONDS)
        for line in self.vege2.output.splitlines():
            if 'Sending due task' in line or 'vege2.hello[' in line:
                self.console.print(f'  {line}', markup=False)

    def _terminal(
        self, session: Session, name: str, command: str, shown: str | None = None
    ) -> Terminal:
        self._show_command(shown or command)
        return Terminal(session, name, command, self.environment)

    def _wait(self, terminal: Terminal, text: str) -> None:
        with self.console.status(f'waiting for {terminal.name}'):
            terminal.wait_for(text, WORKER_SECONDS)

    def _command(self, command: str) -> None:
        self._show_command(command)
        done = subprocess.run(
            ['bash', '-c', command],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=RESULT_SECONDS,
        )
        for line in (done.stdout + done.stderr).strip().splitlines():
            self.console.print(f'  {line}', markup=False)

    def _show_command(self, command: str) -> None:
        self.console.print(f'  $ {command}', style='cyan', markup=False)

    def _typed(self, line: str, value: Any) -> Any:
        self.console.print(f'  >>> {line}', style='cyan', markup=False)
        if '=' not in line.split('(')[0]:
            self.console.print(f'  {value!r}', markup=False)
        return value


def _say(console: Console, step: str, what: str) -> None:
    console.print(f'[bold]{step}[/]: {what}')


def _summary(console: Console, running: Services, tasks: int, seconds: float) -> None:
    table = Table(show_header=False)
    table.add_row('back-end', f'{running.backend} ({running.description})')
    table.add_row('tasks run', str(tasks))
    table.add_row('seconds', f'{seconds:.1f}')
    console.print(table)
    console.print('Everything that was started has ended. Next: make play, and read README.md.')
