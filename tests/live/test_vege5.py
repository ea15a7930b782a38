"""vege5.py with a real worker: each broker obeys its own settings, and a key is kept."""

import sqlite3
from pathlib import Path

from celery import Celery

import vege5
from playground.services.running import Services
from playground.virtual_environment import REPOSITORY
from tests.live.conftest import StartModule

SECONDS = 30.0


def test_a_key_makes_a_deposit_once(
    start_module: StartModule, caller: Celery, tmp_path: Path
) -> None:
    start_module('vege5', (REPOSITORY / 'vege5.py').read_text(), '-c 2')
    for name in 'task_default_queue', 'task_default_queue_type', 'task_default_exchange_type':
        caller.conf[name] = getattr(vege5.Config, name)
    results = [
        caller.send_task('vege5.deposit_once', (key, 5)) for key in ('one', 'one', 'two', 'one')
    ]
    results += [caller.send_task('vege5.deposit', (3,)) for _ in range(2)]
    for result in results:
        result.get(timeout=SECONDS)
    with sqlite3.connect(tmp_path / 'vege5.sqlite3') as database:
        found = database.execute('SELECT amount FROM deposits ORDER BY amount').fetchall()
    database.close()
    assert found == [(3,), (3,), (5,), (5,)]


def test_each_broker_takes_its_own_of_the_transport_options(
    caller: Celery, running: Services
) -> None:
    caller.conf.broker_transport_options = vege5.Config.broker_transport_options
    with caller.connection_for_write() as connection:
        channel = connection.default_channel
        if running.has_rabbitmq:
            assert connection.connection.confirm_publish
            assert not hasattr(channel, 'visibility_timeout')
        else:
            assert channel.visibility_timeout == 600
            assert not hasattr(channel, 'confirm_publish')
