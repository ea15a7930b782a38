"""debugging.py with a real worker: a client at the break point."""

import re
import socket
from collections.abc import Callable

import pytest
from celery import Celery
from kombu.exceptions import EncodeError

from playground.ports import free_port
from playground.terminal import Terminal
from tests.live.conftest import StartWorker

SECONDS = 20.0


def read_to_prompt(client: socket.socket) -> str:
    text = ''
    while not text.endswith('(Pdb) ') and (received := client.recv(4096)):
        text += received.decode()
    return text


@pytest.mark.parametrize('last', ['continue', 'exit'])
def test_a_client_steps_and_the_task_goes_on(
    open_terminal: Callable[[str], Terminal], caller: Celery, last: str
) -> None:
    port = free_port()
    # rdb adds the number of the worker's process.
    worker = open_terminal(
        f'CELERY_RDB_PORT={port - 1} celery -A debugging worker -l info -n rdb-{last}@%h -c 1'
    )
    result = caller.send_task(
        'debugging.mean_with_break_point', ([3, 4, 8],), queue='debugging', expires=SECONDS
    )
    worker.wait_for('Waiting for client...', SECONDS)
    telnet = re.search(r'telnet 127\.0\.0\.1 (\d+)', worker.output)
    assert telnet
    assert int(telnet[1]) == port
    with socket.create_connection(('127.0.0.1', port), timeout=SECONDS) as client:
        assert 'mean_with_break_point()' in read_to_prompt(client)
        for line, answer in [('p numbers', '[3, 4, 8]\n'), ('p total', '15\n'), ('total = 30', '')]:
            client.sendall(f'{line}\n'.encode())
            assert read_to_prompt(client) == f'{answer}(Pdb) '
        assert result.status == 'PENDING'
        client.sendall(f'{last}\n'.encode())
        assert read_to_prompt(client) == ''
    assert result.get(timeout=SECONDS) == 10


def test_a_log_line_names_the_task(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('debugging')
    result = caller.send_task('debugging.mean', ([3, 4, 8],), queue='debugging')
    assert result.get(timeout=SECONDS) == 5
    worker.wait_for(f'debugging.mean[{result.id}]: 3 numbers', SECONDS)


def test_a_worker_refuses_a_set_as_result(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('debugging')
    result = caller.send_task('debugging.unique', ([3, 3, 4],), queue='debugging')
    with pytest.raises(EncodeError, match='Object of type set is not JSON serializable'):
        result.get(timeout=SECONDS)
