"""What is open by default, and what shows secrets: production.md, chapter 9."""

import os
import shlex
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import redis
from celery import Celery
from celery.result import AsyncResult
from flower.options import options

from playground import flower, http
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.live.conftest import node, terminals
from tests.live.rabbitmq import rabbitmqctl
from tests.live.running_tasks import wait_until_they_run

SECONDS = 60.0

SAFE = REPOSITORY / 'examples' / 'safe'


@pytest.fixture
def shop(chosen: Services, session: Session) -> Iterator[tuple[Terminal, Celery]]:
    """payments.py's worker on one back-end, and an app that calls."""
    node = f'shop-{uuid.uuid4().hex[:8]}@localhost'
    app = Celery(
        'caller', broker=chosen.broker_url, backend=chosen.result_backend, set_as_current=False
    )
    with terminals(session) as start:
        worker = start(
            f'celery -A payments worker -l info -c 1 -n {node} -E', reader_environment(chosen), SAFE
        )
        worker.wait_for(' ready.', SECONDS)
        assert wait_until(lambda: app.control.ping([node], timeout=0.5), SECONDS)
        yield worker, app
    app.close()


def pay(app: Celery, card: str, **options: str) -> AsyncResult:
    return app.send_task('payments.pay', (card, 20), exchange='safe', routing_key='safe', **options)


def test_argsrepr_hides_from_events_and_not_from_inspect(
    chosen: Services, session: Session, shop: tuple[Terminal, Celery]
) -> None:
    _, app = shop
    with terminals(session) as start:
        dump = start('celery -A payments events --dump', reader_environment(chosen), SAFE)
        dump.wait_for('heartbeat: active', SECONDS)
        pay(app, '4111').get(timeout=SECONDS)
        hidden = pay(app, '4222', argsrepr="('****', 20)")
        wait_until_they_run(app, hidden)
        active = (app.control.inspect(timeout=5, limit=1).active() or {}).values()
        assert [request['args'] for requests in active for request in requests] in (
            [['4222', 20]],
            [],  # it has ended meanwhile
        )
        hidden.get(timeout=SECONDS)
        dump.wait_until(lambda output: output.count('task succeeded') == 2, SECONDS, 'two ends')
        assert "args=('4111', 20)" in dump.output
        assert "args=('****', 20)" in dump.output
        assert '4222' not in dump.output


def test_results_lie_open(chosen: Services, shop: tuple[Terminal, Celery]) -> None:
    _, app = shop
    paid = pay(app, '4111')
    assert paid.get(timeout=SECONDS) == '20 euros paid'
    stranger = Celery(
        'stranger', broker='memory://', backend=chosen.result_backend, set_as_current=False
    )
    assert stranger.AsyncResult(paid.id).result == '20 euros paid'
    other = uuid.uuid4().hex
    stranger.backend.store_result(other, 'nothing was paid', 'SUCCESS')
    assert app.AsyncResult(other).get(timeout=SECONDS) == 'nothing was paid'


def test_flower_listens_on_all_addresses_without_a_password() -> None:
    assert options.address == ''
    assert options.basic_auth == []


def test_flower_without_a_password(
    chosen: Services, session: Session, shop: tuple[Terminal, Celery]
) -> None:
    worker, _ = shop
    for allowed in '', 'true':
        port = free_port()
        environment = reader_environment(chosen)
        environment.pop('FLOWER_UNAUTHENTICATED_API', None)
        if allowed:
            environment['FLOWER_UNAUTHENTICATED_API'] = allowed
        command = f'celery -A payments flower --address={LOOPBACK} --port={port}'
        with terminals(session) as start:
            start(command, environment, SAFE).wait_for('Visit me at', flower.START_SECONDS)
            url = f'http://{LOOPBACK}:{port}'
            assert http.request(f'{url}/workers')[0] == 200
            stop = f'{url}/api/worker/shutdown/{node(worker)}'
            if allowed:
                assert wait_until(
                    lambda: http.request(stop, None, 'POST')[0] == 200,  # noqa: B023
                    SECONDS,
                )
                worker.wait_for('Got shutdown from remote', SECONDS)
            else:
                assert http.request(stop, None, 'POST')[0] == 401
                assert worker.runs


def test_without_remote_control_nobody_ends_a_worker(chosen: Services, session: Session) -> None:
    """Its log shows that the command was sent first, for the task behind it has run."""
    setting = 'from payments import app; app.conf.worker_enable_remote_control = False'
    node = f'deaf-{uuid.uuid4().hex[:8]}@localhost'
    code = f"{setting}; app.worker_main(['worker', '-l', 'info', '-c', '1', '-n', '{node}'])"
    app = Celery(
        'caller', broker=chosen.broker_url, backend=chosen.result_backend, set_as_current=False
    )
    with terminals(session) as start:
        command = f'python -c {shlex.quote(code)}'
        worker = start(command, reader_environment(chosen), SAFE)
        worker.wait_for(' ready.', SECONDS)
        app.control.shutdown([node])
        assert pay(app, '4111').get(timeout=SECONDS) == '20 euros paid'
        assert worker.runs
        assert 'Got shutdown' not in worker.output
    app.close()


def test_what_a_report_hides(chosen: Services, tmp_path: Path) -> None:
    (tmp_path / 'hides.py').write_text(
        'from celery import Celery\n'
        'app = Celery("hides", broker="amqp://u:geheim1@h/v", backend="redis://:geheim2@h/")\n'
        'app.conf.update(shop_password="geheim3", shop_login="u:open4", shop_token="geheim5",\n'
        '    broker_transport_options={"sentinel_kwargs": {"password": "geheim6"}})\n'
    )
    environment = reader_environment(chosen)
    for name in ('CELERY_BROKER_URL', 'CELERY_RESULT_BACKEND'):
        environment.pop(name)
    done = subprocess.run(
        ['celery', '-A', 'hides', 'report'],
        cwd=tmp_path,
        env={**environment, 'PYTHONDONTWRITEBYTECODE': '1'},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert 'u:open4' in done.stdout
    assert 'amqp://u:********@h:5672/v' in done.stdout
    assert 'geheim' not in done.stdout + done.stderr


def test_the_url_after_b_is_seen_by_all(chosen: Services, session: Session) -> None:
    with terminals(session) as start:
        command = f'celery -b {shlex.quote(chosen.broker_url)} events --dump'
        watching = start(command, reader_environment(chosen))
        assert wait_until(
            lambda: chosen.broker_url in Path(f'/proc/{watching.process.pid}/cmdline').read_text(),
            SECONDS,
        )
    assert Path('/proc/self/environ').stat().st_mode & 0o077 == 0


def listeners(service: str, choices: Mapping[str, str]) -> set[int]:
    """The ports at which something in a container listens on all addresses.

    Args:
        service: of docker-compose.yml.
        choices: variables that lead ``docker compose`` to the project.
    """
    done = subprocess.run(
        ['docker', 'compose', 'exec', '-T', service, 'cat', '/proc/net/tcp', '/proc/net/tcp6'],
        cwd=REPOSITORY,
        env={**os.environ, **choices},
        check=True,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    open_ones = [fields[1].split(':') for fields in rows if len(fields) > 3 and fields[3] == '0A']
    return {int(port, 16) for address, port in open_ones if not address.strip('0')}


def test_servers_listen_on_all_addresses_of_their_machine(started: Services) -> None:
    if started.backend != 'compose':
        pytest.skip('only in a container may a server listen as it does by default')
    assert listeners('rabbitmq', started.choices) >= {4369, 5672, 15672, 25672}
    assert listeners('redis', started.choices) >= {6379}


def test_guest_comes_from_the_same_machine_only(native: Services) -> None:
    default = rabbitmqctl(native.programs, 'eval', 'application:get_env(rabbit, loopback_users).')
    assert default.strip() == '{ok,[<<"guest">>]}'


def test_redis_asks_for_no_password_and_protects_itself(native: Services) -> None:
    with redis.Redis.from_url(native.result_backend) as client:
        assert client.config_get('protected-mode', 'requirepass') == {
            'protected-mode': 'yes',
            'requirepass': '',
        }
