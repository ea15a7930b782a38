"""What make doctor judges without a server."""

import contextlib
import dataclasses
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.schedules import crontab
from kombu.pidbox import Node

from playground.doctor import (
    address,
    environment,
    installation,
    launch,
    machine,
    rabbitmq,
    redis_server,
    settings,
    workers,
)
from playground.doctor.broker import Reached, refusal
from playground.doctor.entries import PAGE, Entry
from playground.doctor.findings import Finding, Level
from playground.doctor.limits import Outcome
from playground.doctor.situation import Situation
from playground.doctor.workers import Workers
from playground.virtual_environment import REPOSITORY
from tests.markdown import anchors


def app(**conf: Any) -> Celery:
    made = Celery('doctored', set_as_current=False)
    made.conf.update(conf)
    return made


def found(findings: Any) -> set[Entry]:
    """The entries of all faults and warnings."""
    bad = (Level.FAULT, Level.WARNING)
    return {finding.entry for finding in findings if finding.level in bad}


def test_each_entry_is_on_the_page() -> None:
    headings = anchors(REPOSITORY / PAGE)
    assert [entry.value for entry in Entry if entry.value not in headings] == []
    # An old Python is told so without our modules.
    assert Entry.VERSIONS.address in launch.BEGIN


@pytest.mark.parametrize(
    ('url', 'entry'),
    [
        ('amqp://user:pass@host/vhost', None),
        ('amqp://user:p%40ss@host:5672/%2Fvhost', None),
        ('amqp://guest@localhost//', None),
        ('amqp://one:5672/v;amqp://two:5672/v', None),
        ('redis://localhost', None),
        ('rediss://:pass@host:6379/0?ssl_cert_reqs=required', None),
        ('redis://[::1]:6379/0', None),
        ('memory://', None),
        ('kombu.transport.memory:Transport://', None),
        ('amqp://user:p@ss@host/vhost', Entry.URL_ENCODING),
        ('amqp://user:p/ss@host/vhost', Entry.URL_ENCODING),
        ('amqp://user:p#ss@host/vhost', Entry.URL_ENCODING),
        ('redis://:p?ss@host/0', Entry.URL_ENCODING),
        ('amqp://user:50%@host/vhost', Entry.URL_ENCODING),
        ('amqp://user:pass@host:port/vhost', Entry.URL_ENCODING),
        ('amqp://user:pass@host:70000/vhost', Entry.URL_ENCODING),
        ('amqp://user:p ss@host/vhost', Entry.URL_ENCODING),
        ('redis://localhost/first', Entry.URL_ENCODING),
        ('redis://pass@localhost/0', Entry.PASSWORD_NEEDED),
        ('amqp://user:pass@host/vhost/', Entry.VHOST_NOT_FOUND),
        ('rabbitmq://host/', Entry.UNKNOWN_SCHEME),
        ('http://host/', Entry.UNKNOWN_SCHEME),
    ],
)
def test_how_an_address_is_written(url: str, entry: Entry | None) -> None:
    findings = list(address.check_addresses(url, None))
    assert found(findings) == ({entry} if entry else set())
    for secret in ('pass', 'p@ss', 'ss@', '50%'):
        assert all(f':{secret}' not in finding.sentence for finding in findings)


def test_a_result_backend_is_judged_too() -> None:
    assert found(address.check_addresses('memory://', 'amqp://')) == {Entry.UNKNOWN_BACKEND}
    assert not found(address.check_addresses('memory://', 'db+sqlite:///results.sqlite3'))
    assert not found(address.check_addresses(['amqp://one', 'amqp://two'], 'rpc://'))


@pytest.mark.parametrize(
    ('name', 'meant'),
    [
        ('task_acks_late', None),
        ('CELERY_ACKS_LATE', None),
        ('something_of_mine', None),
        ('task_ack_late', 'task_acks_late'),
        ('worker_prefetch_multipler', 'worker_prefetch_multiplier'),
        ('prefetch_multiplier', 'worker_prefetch_multiplier'),
        ('TASK_ACKS_LATE', 'task_acks_late'),
    ],
)
def test_what_a_setting_was_meant_to_be(name: str, meant: str | None) -> None:
    findings = list(settings.check_names(app(**{name: 1})))
    assert found(findings) == ({Entry.MISSPELT_SETTING} if meant else set())
    assert not meant or findings[0].next_step == f'write {meant}'


def test_settings_of_django_are_not_judged_but_those_of_celery_are() -> None:
    made = Celery('doctored', set_as_current=False, namespace='CELERY')
    made.config_from_object({'DEBUG': True, 'CELERY_TASK_ACKS_LATE': True})
    assert not found(settings.check_names(made))
    made = Celery('doctored', set_as_current=False, namespace='CELERY')
    made.config_from_object({'DEBUG': True, 'CELERY_TASK_ACK_LATE': True})
    assert found(settings.check_names(made)) == {Entry.MISSPELT_SETTING}


def test_an_option_of_the_transport_is_judged_too() -> None:
    made = app(broker_url='redis://', broker_transport_options={'visibilty_timeout': 9})
    assert found(settings.check_names(made)) == {Entry.MISSPELT_SETTING}


@pytest.mark.parametrize(
    ('when', 'entries'),
    [
        (crontab(hour=7), {Entry.CRONTAB_EACH_MINUTE}),
        (crontab(hour=7, minute=0), set()),
    ],
)
def test_a_crontab_without_a_minute_is_found(when: crontab, entries: set[Entry]) -> None:
    made = app(beat_schedule={'e': {'task': 't', 'schedule': when}})
    # Else the doctor would ask what this task is, if other tests have made tasks for all apps.
    made.task(name='t', shared=False)(test_a_crontab_without_a_minute_is_found)
    assert found(settings.check_values(Situation('a', made, Path()))) == entries


@pytest.mark.parametrize(
    ('variables', 'level'),
    [
        ({}, Level.OK),
        ({'CELERY_BROKER_URL': 'memory://'}, Level.OK),
        ({'CELERY_BROKER_URL': 'redis://other'}, Level.WARNING),
        ({'CELERY_RESULT_BACKEND': 'redis://other'}, Level.WARNING),
        ({'BROKER_URL': 'redis://other'}, Level.FAULT),
        ({'BROKER_URL': 'memory://'}, Level.OK),
        ({'CELERY_WORKER_CONCURRENCY': '7'}, Level.WARNING),
        ({'CELERY_BEAT_SCHEDULE': 'x'}, Level.WARNING),
        ({'LOADER': 'x'}, Level.WARNING),
        ({'NO_COLOR': '1'}, Level.OK),
        ({'NO_COLOR': 'please'}, Level.FAULT),
        ({'CELERY_TIMEZONE': 'UTC'}, Level.OK),
    ],
)
def test_which_variables_win(variables: dict[str, str], level: Level) -> None:
    made = app(broker_url='memory://', result_backend='cache+memory://')
    findings = list(environment.check_variables(Situation('a', made, Path(), None, variables)))
    assert [finding.level for finding in findings] == [level]


def test_the_versions_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not found(installation.check_packages())
    real = installation.version

    def pretend(**versions: str | None) -> set[Entry]:
        monkeypatch.setattr(installation, 'version', lambda name: versions.get(name) or real(name))
        return found(installation.check_packages('redis://'))

    assert pretend(celery='5.5.0') == {Entry.VERSIONS}
    assert pretend(kombu='5.3.0') == {Entry.VERSIONS}
    monkeypatch.setattr(
        installation, 'version', lambda name: None if name == 'redis' else real(name)
    )
    assert found(installation.check_packages('redis://')) == {Entry.NO_REDIS_PACKAGE}
    assert not found(installation.check_packages('amqp://'))


def test_a_version_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not found(installation.check_python())
    monkeypatch.setattr(sys, 'version_info', (3, 15, 0))
    assert found(installation.check_python()) == {Entry.VERSIONS}


def test_which_files_hide_a_module(tmp_path: Path) -> None:
    (tmp_path / 'proj').mkdir()
    (tmp_path / 'proj' / '__init__.py').touch()
    (tmp_path / 'proj' / 'celery.py').touch()
    (tmp_path / 'redis').mkdir()
    assert not found(installation.check_hidden_modules(tmp_path))
    (tmp_path / 'celery.py').touch()
    assert found(installation.check_hidden_modules(tmp_path)) == {Entry.HIDDEN_MODULE}


def rabbit(version: str) -> Reached:
    return Reached('amqp://localhost', None, 'amqp', {'version': version}, [])


@pytest.mark.parametrize(
    ('version', 'conf', 'entry'),
    [
        ('3.10.8', {}, None),
        ('4.3.6', {}, None),
        ('3.7.1', {}, Entry.VERSIONS),
        ('4.3.6', {'control_queue_exclusive': False}, Entry.TRANSIENT_QUEUES),
        ('4.3.6', {'control_queue_exclusive': False, 'control_queue_durable': True}, None),
        ('3.10.8', {'control_queue_exclusive': False}, None),
    ],
)
def test_the_version_of_rabbitmq(version: str, conf: dict[str, bool], entry: Entry | None) -> None:
    findings = rabbitmq.check_version(rabbit(version), app(**conf))
    assert found(findings) == ({entry} if entry else set())


@pytest.mark.parametrize(
    ('about', 'entry'),
    [
        ({}, None),
        ({'redis_version': '5.0.1'}, Entry.VERSIONS),
        ({'role': 'slave'}, Entry.REDIS_READ_ONLY),
        ({'rdb_last_bgsave_status': 'err'}, Entry.REDIS_MISCONF),
        ({'loading': 1}, Entry.REDIS_MISCONF),
        ({'maxmemory': 9, 'used_memory': 8, 'maxmemory_policy': 'noeviction'}, None),
        (
            {'maxmemory': 9, 'used_memory': 9, 'maxmemory_policy': 'noeviction'},
            Entry.REDIS_FULL,
        ),
        ({'maxmemory': 9, 'maxmemory_policy': 'allkeys-lru'}, Entry.REDIS_FULL),
    ],
)
def test_the_state_of_redis(about: dict[str, Any], entry: Entry | None) -> None:
    client = types.SimpleNamespace(info=lambda: {'redis_version': '7.0.15', **about})
    findings = redis_server.check_server(client, 'broker')
    assert found(findings) == ({entry} if entry else set())


def test_how_far_a_task_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    eta = '2026-01-01T02:00:00+00:00'
    monkeypatch.setattr('time.time', lambda: 1767225600.0)  # two hours before
    asked = Workers(['w'], {'scheduled': {'w': [{'eta': eta, 'request': {'name': 't'}}]}})
    far = {Entry.ETA_TOO_FAR}
    assert found(workers.check_etas(asked, 3600, None)) == far
    assert not found(workers.check_etas(asked, 9000, None))
    assert found(workers.check_etas(asked, None, (3, 10))) == far
    assert not found(workers.check_etas(asked, None, (4, 3)))


def test_a_late_answer_takes_no_other_answers_place() -> None:
    """What ``stats`` got comes when ``active_queues`` is asked."""
    late: list[Callable[[], None]] = []

    class Late(Node):
        def reply(self, data: Any, **where: Any) -> None:
            if data == {'w': 'stats'}:
                late.append(lambda: super(Late, self).reply(data, **where))
                return
            while late:
                late.pop()()
            super().reply(data, **where)

    made = app(broker_url='memory://', broker_transport_options={'polling_interval': 0.01})
    url = made.conf.broker_url
    with made.connection_for_write() as connection, made.connection_for_write() as asking:
        answers = {name: answering(name) for name in ('ping', *workers.COMMANDS)}
        node = Late('w', {}, connection.channel(), answers, made.control.mailbox(connection))
        node.listen()
        ended = threading.Event()
        thread = threading.Thread(target=serve, args=(connection, ended))
        thread.start()
        try:
            asked = workers.ask(Reached(url, asking, 'memory', {}, []), made)
        finally:
            ended.set()
            thread.join(10)
    assert asked.answered == ['w']
    said = {command: answer.get('w') for command, answer in asked.said.items()}
    assert said == {name: name for name in workers.COMMANDS} | {'stats': None}


def answering(name: str) -> Callable[..., str]:
    return lambda state, **arguments: name


def serve(connection: Any, ended: threading.Event) -> None:
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.1)


def reports(url: str) -> Workers:
    return Workers(['w'], {'report': {'w': {'ok': f'celery:5.7.0 results:{url}\n'}}})


@pytest.mark.parametrize(
    ('theirs', 'level'),
    [
        ('redis://127.0.0.1:6379/', Level.OK),
        ('redis://:********@localhost:6379/0', Level.OK),
        ('redis://localhost:6379/1', Level.FAULT),
        ('redis://localhost:6380/0', Level.FAULT),
        ('disabled', Level.FAULT),
        ('redis://redis:6379/0', Level.WARNING),
    ],
)
def test_whether_two_result_backends_are_one(theirs: str, level: Level) -> None:
    made = app(result_backend='redis://localhost/0')
    (finding,) = workers.check_same_results(reports(theirs), made)
    assert finding.level is level


def test_which_worker_has_more_messages_than_it_should() -> None:
    def ignored(multiplier: int, prefetch: int) -> set[Entry]:
        said: dict[str, dict[str, Any]] = {
            'conf': {'w': {'worker_prefetch_multiplier': multiplier}},
            'stats': {'w': {'pool': {'max-concurrency': 2}, 'prefetch_count': prefetch}},
        }
        return found(workers.check_ignored(Workers(['w'], said)))

    assert ignored(1, 8) == {Entry.SETTING_IGNORED}
    assert not ignored(1, 2)
    assert not ignored(4, 8)


@pytest.mark.parametrize(
    ('line', 'words'),
    [
        ('/usr/bin/celery -A vege beat', '-A vege beat'),
        ('python /venv/bin/celery -A vege beat', '-A vege beat'),
        ('/venv/bin/python3 -m celery -A vege beat', '-A vege beat'),
        ('bash -c celery', None),
        ('vim celery.py', None),
    ],
)
def test_what_is_a_celery_command(line: str, words: str | None) -> None:
    behind = machine._behind_celery(line.split())
    assert behind == (tuple(words.split()) if words else None)


@pytest.mark.parametrize(
    ('words', 'is_beat', 'sends_events', 'too_late'),
    [
        ('-A vege beat -l info', True, False, 0),
        ('-A vege worker -B -s x', True, False, 0),
        ('-A vege worker -E', False, True, 0),
        ('-A vege worker -- worker_prefetch_multiplier=1', False, False, 1),
        ('-A vege worker -- task_acks_late=yes', False, False, 0),
        ('-Avege worker', False, False, 0),
    ],
)
def test_what_a_command_says(words: str, is_beat: bool, sends_events: bool, too_late: int) -> None:
    command = machine.Command(1, tuple(words.split()), '/', None)
    assert command.option('-A', '--app') == 'vege'
    assert command.is_beat is is_beat
    assert command.sends_events is sends_events
    assert len(command.too_late) == too_late


def test_which_python_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(name: str) -> str:
        python = tmp_path / name / 'bin' / 'python'
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        return str(python)

    active, own, here = make('active'), make('project/.venv'), sys.executable
    project = tmp_path / 'project'
    assert launch.choose_python(own, project, {}) == own
    assert launch.choose_python('/nowhere', project, {}) is None
    variables = {'VIRTUAL_ENV': str(tmp_path / 'active')}
    assert launch.choose_python(None, project, variables) == here
    monkeypatch.setattr(sys, 'prefix', sys.base_prefix)
    assert launch.choose_python(None, project, variables) == active
    assert launch.choose_python(None, project, {}) == own
    assert launch.choose_python(None, tmp_path, {}) == here


def test_what_hangs_is_left_behind() -> None:
    import threading

    with pytest.raises(TimeoutError):
        Outcome(threading.Event().wait).get(0.01)
    with pytest.raises(ZeroDivisionError):
        Outcome(lambda: 1 / 0).get(9)


def test_no_password_is_told() -> None:
    error = ConnectionRefusedError(111, 'Connection refused')
    for url in ('redis://:secret@h:1/0', 'amqp://u:sec/ret@h/v', 'amqp://u:s@cret@h/v'):
        finding: Finding = refusal('broker', url, error)
        assert finding.entry is Entry.CONNECTION_REFUSED
        told = str(dataclasses.asdict(finding))
        assert not any(part in told for part in ('secret', 'sec/', 's@', 'cret', 'ret@'))
