"""production.md, chapter 3: the project under attack, and what no block of it shows."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import redis
from celery import Celery

from playground import ports
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.live import projects
from tests.live.attack import attack
from tests.live.conftest import StartModule

PROJECT = REPOSITORY / 'examples' / 'flask_project'
SECONDS = 60.0

OpenTerminal = Callable[[str], Terminal]
StartWeb = Callable[..., str]

WITHOUT_CONTEXT = """
from celery import Celery
from flask import Flask, current_app
web = Flask('without_context')
app = Celery('without_context')
app.conf.task_default_queue = 'without_context'
@app.task
def sender():
    return current_app.config['SENDER']
"""

TORN_DOWN = """
from parcels import create_app
web = create_app()
celery_app = web.extensions['celery']
celery_app.conf.task_default_queue = 'torn_down'
@web.teardown_appcontext
def tell(error):
    print(f'torn down: {error!r}', flush=True)
@celery_app.task
def divide(x, y):
    return x / y
"""

WITHOUT_DEFAULT = """
from threading import Thread
from celery import Celery
from parcels import create_app
from parcels.tasks import write_label
def tell():
    print(write_label.app.main, write_label.app.conf.task_default_queue)
Celery.set_default = lambda self: None
create_app()
tell()
thread = Thread(target=tell)
thread.start()
thread.join()
"""


@pytest.fixture
def start_web(open_terminal: OpenTerminal) -> StartWeb:
    """Start gunicorn on a free port, and return its address."""

    def start(options: str = '', **variables: str) -> str:
        port = ports.free_port()
        before = ' '.join(f'{name}={value}' for name, value in variables.items())
        server = open_terminal(
            f'cd examples/flask_project && {before} exec gunicorn --bind 127.0.0.1:{port}'
            f' --no-control-socket {options} parcels.main:app'
        )
        server.wait_for('Booting worker', SECONDS)
        assert wait_until(lambda: ports.answers(port), SECONDS)
        return f'http://127.0.0.1:{port}'

    return start


def post(web: str) -> httpx.Response:
    return httpx.post(f'{web}/labels', data={'to': 'Ann'}, timeout=SECONDS, trust_env=False)


def get(address: str) -> httpx.Response:
    return httpx.get(address, timeout=SECONDS, trust_env=False)


def test_a_copy_loses_none_of_two_thousand_labels(
    chosen: Services, session: Session, tmp_path: Path
) -> None:
    project = projects.copy('flask_project', tmp_path / 'copy', reader_environment(chosen))
    with projects.running(project, session, ports.free_port()) as web:
        attack(f'{web}/labels', data={'to': 'Ann'})


def test_both_processes_and_the_next_server_know_what_was_sent(start_web: StartWeb) -> None:
    web = start_web('--workers 2')
    where = post(web).json()['where']
    assert {get(f'{web}{where}').json()['state'] for _ in range(20)} == {'SENT'}
    assert {get(f'{web}/labels/unknown').status_code for _ in range(20)} == {404}
    assert get(f'{start_web()}{where}').json() == {'state': 'SENT'}


def test_a_broker_that_is_away_makes_503_and_leaves_no_id(
    start_web: StartWeb, running: Services
) -> None:
    scheme = running.broker_url.partition(':')[0]
    nobody = f'{scheme}://127.0.0.1:{ports.free_port()}//'
    answer = post(start_web(CELERY_BROKER_URL=nobody))
    assert (answer.status_code, answer.json()) == (503, {'error': 'try again later'})
    with redis.Redis.from_url(running.result_backend) as client:
        assert list(client.scan_iter('celery-task-meta-*')) == []


def test_a_task_has_no_application_context_of_itself(
    start_module: StartModule, caller: Celery
) -> None:
    start_module('without_context', WITHOUT_CONTEXT, '-c 1')
    result = caller.send_task('without_context.sender', queue='without_context')
    with pytest.raises(RuntimeError, match='Working outside of application context'):
        result.get(timeout=SECONDS)


def test_a_context_is_torn_down_after_each_task(start_module: StartModule, caller: Celery) -> None:
    worker = start_module('torn_down', TORN_DOWN, '-c 1', PYTHONPATH=str(PROJECT))
    good = caller.send_task('torn_down.divide', (4, 2), queue='torn_down')
    assert good.get(timeout=SECONDS) == 2
    worker.wait_for('torn down: None', SECONDS)
    bad = caller.send_task('torn_down.divide', (4, 0), queue='torn_down')
    with pytest.raises(ZeroDivisionError):
        bad.get(timeout=SECONDS)
    worker.wait_for("torn down: ZeroDivisionError('division by zero')", SECONDS)


def test_without_set_default_another_thread_takes_an_app_without_settings() -> None:
    told = subprocess.run(
        [sys.executable, '-c', WITHOUT_DEFAULT],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert told.stdout.splitlines() == ['parcels parcels', 'default celery']
