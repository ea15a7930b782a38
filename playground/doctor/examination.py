"""Runs the checks, in the Python and in the folder that are judged."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from playground.doctor import (
    address,
    application,
    broker,
    clocks,
    environment,
    installation,
    machine,
    rabbitmq,
    redis_server,
    report,
    results,
    settings,
    workers,
)
from playground.doctor.broker import Reached
from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, Level, fault, unknown
from playground.doctor.limits import Outcome
from playground.doctor.situation import Situation, one_line
from playground.doctor.workers import Workers

# Enough for each of them on a healthy set-up; together with the import of the app about 15 s.
SECONDS_FOR_CONNECTING = 5.0
SECONDS_FOR_ASKING = 6.0
SECONDS_FOR_CLOSING = 1.0

Check = Callable[[], Iterable[Finding]]


def main(options: str) -> None:
    """Examine, print, and end this process: a check that hangs must not hold it up.

    Args:
        options: JSON with ``app``, ``folder``, ``management`` and ``json``.
    """
    # What the reader's modules print does not belong to the report.
    output = os.fdopen(os.dup(1), 'w', encoding='utf-8', errors='backslashreplace')
    os.dup2(2, 1)
    chosen = json.loads(options)
    name = chosen['app'] or os.environ.get('APP') or None
    folder = Path(chosen['folder'])
    begin = time.monotonic()
    findings = Examination(name, folder, chosen['management']).run()
    about = {
        'app': name,
        'folder': str(folder),
        'python': sys.executable,
        'seconds': round(time.monotonic() - begin, 1),
    }
    try:
        (report.print_json if chosen['json'] else report.print_lines)(findings, about, output)
        output.flush()
    except BrokenPipeError:
        pass
    os._exit(1 if report.has_fault(findings) else 0)


class Examination:
    """The checks in their order; what one of them finds can make others pointless."""

    def __init__(self, name: str | None, folder: Path, management: str | None) -> None:
        """Remember what is examined.

        Args:
            name: what ``-A`` says.
            folder: where the reader runs the app.
            management: the address of RabbitMQ's management API.
        """
        self._name, self._folder, self._management = name, folder, management
        self._findings: list[Finding] = []

    def run(self) -> list[Finding]:
        """Run all checks."""
        self._add('python', installation.check_python)
        if installation.version('celery') is None:
            self._add('packages', installation.check_packages)
            return self._findings
        self._add('modules', lambda: installation.check_hidden_modules(self._folder))
        # Celery is imported before the reader's folder can hide it.
        try:
            import kombu.transport.pyamqp  # noqa: F401
        except Exception as error:
            self._findings.append(_broken_celery(error))
            return self._findings
        app, problem = application.load(self._name, self._folder)
        if problem:
            self._add('packages', installation.check_packages)
            self._findings += [problem, unknown('the rest', 'is not looked at without the app')]
            return self._findings
        situation = Situation(self._name, app, self._folder, self._management)
        self._add('packages', lambda: _packages(app))
        self._add('app', lambda: application.check_app(app, self._name))
        self._add('variables', lambda: environment.check_variables(situation))
        self._add('address', lambda: _addresses(app))
        self._add('setting names', lambda: settings.check_names(app))
        self._add('settings', lambda: settings.check_values(situation))
        self._servers(situation)
        return self._findings

    def _add(self, check: str, function: Check) -> None:
        """Run a check; a mistake of our own in it is no traceback, and no fault of the reader's."""
        try:
            self._findings += function()
        except Exception as error:
            where = f'{type(error).__name__}: {one_line(error)}'
            self._findings.append(unknown(check, f'this check does not work here ({where})'))

    def _faulty(self, check: str) -> bool:
        return any(
            finding.level is Level.FAULT and finding.check == check for finding in self._findings
        )

    def _servers(self, situation: Situation) -> None:
        if self._faulty('address') or self._faulty('packages'):
            self._findings.append(unknown('broker', 'is not tried with these addresses'))
            return
        connecting = Outcome(lambda: broker.reach(situation))
        asking_results = Outcome(lambda: list(results.check_results(situation)))
        reached: Reached | None = None
        try:
            reached, found = connecting.get(SECONDS_FOR_CONNECTING)
            self._findings += found
        except Exception as error:
            self._findings.append(
                broker.refusal('broker', str(situation.app.conf.broker_write_url), error)
            )
        self._add('results', lambda: _results(asking_results, situation))
        running = Outcome(machine.commands)
        if reached:
            self._broker(situation, reached, running)
        commands = running.get(SECONDS_FOR_ASKING)
        self._add('beat', lambda: machine.check_beats(commands, situation))

    def _broker(
        self, situation: Situation, reached: Reached, running: Outcome[list[machine.Command] | None]
    ) -> None:
        listening = Outcome(lambda: _listen(situation))
        asked, can_be_asked = Workers([]), True
        try:
            asked = Outcome(lambda: workers.ask(reached, situation.app)).get(SECONDS_FOR_ASKING)
        except broker.BlockedError:
            can_be_asked = False
        except Exception as error:
            self._findings.append(_not_asked(reached, error))
            can_be_asked = False
            if isinstance(error, TimeoutError):
                return
        # The heartbeats are still listened to meanwhile.
        server = {'amqp': self._rabbitmq, 'redis': self._redis}.get(reached.kind)
        found = Outcome(lambda: server(situation, reached, asked) if server else [])
        if can_be_asked:
            self._workers(situation, asked, listening, running)
        self._add('broker server', lambda: found.get(SECONDS_FOR_ASKING))
        # What ends before its connection is closed leaves the name of its queue in Redis.
        listening.wait(SECONDS_FOR_ASKING)
        if not reached.blocked:
            Outcome(reached.connection.release).wait(SECONDS_FOR_CLOSING)

    def _workers(
        self,
        situation: Situation,
        asked: Workers,
        listening: Outcome[dict[str, float]],
        running: Outcome[list[machine.Command] | None],
    ) -> None:
        app = situation.app
        commands = running.get(SECONDS_FOR_ASKING)
        self._add('workers', lambda: workers.check_nodes(asked, situation))
        if not asked.nodes:
            return
        self._add('worker versions', lambda: workers.check_versions(asked))
        self._add('worker results', lambda: workers.check_same_results(asked, app))
        self._add('worker settings', lambda: workers.check_settings(asked, app))
        self._add(
            'ignored settings',
            lambda: (
                list(machine.check_too_late(commands, asked)) or list(workers.check_ignored(asked))
            ),
        )
        self._add('queues', lambda: workers.check_queues(asked, situation))
        self._add('tasks', lambda: workers.check_tasks(asked, situation))
        self._add('events', lambda: machine.check_events(commands, asked, situation))
        self._add('clocks', lambda: clocks.check_clocks(listening.get(SECONDS_FOR_ASKING)))

    def _rabbitmq(self, situation: Situation, reached: Reached, asked: Workers) -> list[Finding]:
        management = rabbitmq.find_management(reached, self._management)
        found = list(rabbitmq.check_version(reached, situation.app))
        found += rabbitmq.check_alarms(reached, management)
        if any(finding.level is Level.FAULT for finding in found):
            return found
        own = {*workers.own_queues(situation.app), situation.app.conf.task_default_queue}
        found += rabbitmq.check_permissions(reached, management, own)
        vhost = reached.connection.virtual_host or '/'
        others = rabbitmq.all_queues(management, vhost) if management else set()
        states = rabbitmq.queue_states(reached, {*own, *asked.queues, *others})
        found += workers.check_states(
            {
                queue: (state.messages, state.consumers > 0)
                for queue, state in states.items()
                if state
            },
            situation,
        )
        found += workers.check_etas(asked, None, rabbitmq.number(reached))
        found.append(
            unknown(
                'waiting tasks',
                'RabbitMQ shows no message without marking it as delivered before',
            )
        )
        return found

    def _redis(self, situation: Situation, reached: Reached, asked: Workers) -> list[Finding]:
        app = situation.app
        client = redis_server.open_client(reached.url, app.conf.broker_use_ssl)
        keys = redis_server.Keys.of(app.conf.broker_transport_options)
        found = list(redis_server.check_server(client, 'broker'))
        own = {*workers.own_queues(app), app.conf.task_default_queue}
        queues = {*own, *asked.queues, *redis_server.queue_names(client, keys)}
        counts = redis_server.lengths(client, keys, queues)
        found += workers.check_states(
            {queue: (count, queue in asked.queues) for queue, count in counts.items()}, situation
        )
        found += redis_server.check_unacknowledged(client, keys)
        if asked.tasks:
            waiting = {
                queue: redis_server.tasks_waiting(client, keys, queue)
                for queue, count in counts.items()
                if count and queue in asked.queues
            }
            found += redis_server.check_waiting_tasks(waiting, asked.tasks)
        found += workers.check_etas(asked, keys.visibility_timeout, None)
        client.close()
        return found


def _broken_celery(error: Exception) -> Finding:
    return fault(
        'packages',
        f'Celery is installed, and cannot be imported: {type(error).__name__}: {one_line(error)}',
        'pip check; then install it again: pip install --force-reinstall "celery[redis]"',
        Entry.VERSIONS,
    )


def _packages(app: Any) -> Iterable[Finding]:
    return installation.check_packages(
        ';'.join(address.urls(app.conf.broker_url)), str(app.conf.result_backend or '')
    )


def _addresses(app: Any) -> Iterable[Finding]:
    return address.check_addresses(app.conf.broker_url, app.conf.result_backend)


def _listen(situation: Situation) -> dict[str, float]:
    reached, _ = broker.reach(situation)
    return clocks.listen(reached.connection, situation.app) if reached else {}


def _results(asking: Outcome[list[Finding]], situation: Situation) -> list[Finding]:
    try:
        return asking.get(SECONDS_FOR_CONNECTING)
    except TimeoutError as error:
        return [broker.refusal('results', str(situation.app.conf.result_backend), error)]


def _not_asked(reached: Reached, error: BaseException) -> Finding:
    if 'ACCESS_REFUSED' in str(error):
        return fault(
            'permissions',
            f'RabbitMQ refuses to let this user ask the workers ({one_line(error)})',
            'rabbitmqctl set_permissions -p VHOST USER ".*" ".*" ".*"',
            Entry.PERMISSIONS,
        )
    return unknown('workers', f'they cannot be asked ({type(error).__name__}: {one_line(error)})')
