"""signing.py with a real worker: who is obeyed, and who is not."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.repository_copy import copy_repository

SECONDS = 20.0

REPLAY = """
from signing import app, pay
result = pay.apply_async((3,), queue='held')
with app.connection() as connection:
    queue = app.amqp.queues['held'].bind(connection.default_channel)
    message = queue.get(no_ack=True)
    queue.delete()
    producer = connection.Producer()
    for _ in range(2):
        producer.publish(message.body, exchange='', routing_key='signing', headers=message.headers,
            content_type=message.content_type, content_encoding=message.content_encoding,
            correlation_id=result.id)
print(result.get(timeout=10))
"""


UNSIGNED = "from vege import app; app.send_task('signing.pay', (1000,), queue='signing')"
UNKNOWN = """
from signing import app, pay
app.setup_security(key='keys/other.pem', cert='keys/unknown.pem')
pay.delay(1000)
"""
OPENSSL = 'openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=notes -keyout {} -out {}'


def call(services: Services, folder: Path, code: str) -> str:
    done = subprocess.run(
        ['python', '-c', code],
        cwd=folder,
        env=reader_environment(services),
        capture_output=True,
        text=True,
        timeout=SECONDS * 2,
    )
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = copy_repository(tmp_path / 'celery notes')
    (folder / 'keys').mkdir()
    for pair in 'keys/key.pem keys/certificate.pem', 'keys/other.pem keys/unknown.pem':
        command = OPENSSL.format(*pair.split()).split()
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    return folder


@pytest.fixture
def worker(running: Services, session: Session, folder: Path) -> Iterator[Terminal]:
    name = f'signing-{uuid.uuid4().hex[:8]}'
    command = f'celery -A signing worker -l info -P threads -n {name}@%h'
    worker = Terminal(session, name, command, reader_environment(running), folder)
    worker.wait_for(' ready.', SECONDS)
    yield worker
    worker.kill()


def test_a_signed_call_is_obeyed_and_so_is_its_copy(
    running: Services, folder: Path, worker: Terminal
) -> None:
    assert 'paid 3' in call(running, folder, REPLAY)
    worker.wait_until(
        lambda output: output.count("'paid 3'") == 2, SECONDS, 'the same payment twice'
    )


def test_unsigned_and_unknown_callers_are_refused(
    running: Services, folder: Path, worker: Terminal
) -> None:
    call(running, folder, UNSIGNED)
    worker.wait_for('Refusing to deserialize untrusted content of type json', SECONDS)
    call(running, folder, UNKNOWN)
    worker.wait_for('Unknown certificate', SECONDS)
    assert 'Task signing.pay' not in worker.output


def test_a_result_needs_a_setting_of_its_own(
    running: Services, folder: Path, worker: Terminal
) -> None:
    without = 'from signing import app, pay; app.conf.result_accept_content = None;'
    assert 'ContentDisallowed' in call(
        running, folder, f'{without} print(pay.delay(3).get(timeout=10))'
    )
