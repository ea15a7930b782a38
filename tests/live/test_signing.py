"""signing.py with a real worker: who is obeyed, and who is not."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.examples.test_signing import OPENSSL
from tests.repository_copy import copy_repository

SECONDS = 20.0

RESEND = """
from examples.signing import app, pay
result = pay.apply_async((3,), queue='held')
with app.connection() as connection:
    queue = app.amqp.queues['held'].bind(connection.default_channel)
    message = queue.get(no_ack=True)
    queue.delete()
    producer = connection.Producer()
    for task in {tasks}:
        producer.publish(message.body, exchange='', routing_key='signing',
            headers={{**message.headers, 'task': task}}, content_type=message.content_type,
            content_encoding=message.content_encoding, correlation_id=result.id)
print(result.get(timeout=10))
"""


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
    command = f'celery -A examples.signing worker -l info -P threads -n {name}@%h'
    worker = Terminal(session, name, command, reader_environment(running), folder)
    worker.wait_for(' ready.', SECONDS)
    yield worker
    worker.kill()


def test_a_signed_call_is_obeyed_and_so_is_its_copy(
    running: Services, folder: Path, worker: Terminal
) -> None:
    code = RESEND.format(tasks=['examples.signing.pay', 'examples.signing.pay'])
    assert call(running, folder, code) == 'paid 3\n'
    worker.wait_until(
        lambda output: output.count("'paid 3'") == 2, SECONDS, 'the same payment twice'
    )


def test_signed_arguments_are_taken_for_another_task(
    running: Services, folder: Path, worker: Terminal
) -> None:
    # A task that every worker has, and that returns its arguments.
    assert call(running, folder, RESEND.format(tasks=['celery.accumulate'])) == '[3]\n'
    worker.wait_for('Task celery.accumulate[', SECONDS)


def test_a_result_needs_a_setting_of_its_own(
    running: Services, folder: Path, worker: Terminal
) -> None:
    without = 'from examples.signing import app, pay; app.conf.result_accept_content = None;'
    assert 'ContentDisallowed' in call(
        running, folder, f'{without} print(pay.delay(3).get(timeout=10))'
    )


def test_an_unknown_key_gets_no_further(running: Services, folder: Path, worker: Terminal) -> None:
    code = """
from examples.signing import app, pay
app.setup_security(key='keys/other.pem', cert='keys/unknown.pem')
print(pay.delay(1000))
"""
    assert len(call(running, folder, code).strip()) == len(str(uuid.uuid4()))
    worker.wait_for("Can't decode message body: DecodeError(SecurityError(", SECONDS)
    assert 'Unknown certificate' in worker.output
    assert 'paid 1000' not in worker.output


def test_a_signature_does_not_hide(running: Services, folder: Path) -> None:
    code = """
import base64
from examples import signing
from kombu.serialization import dumps
print(base64.b64decode(dumps(['secret'])[2])[-10:])
"""
    assert call(running, folder, code) == 'b\'["secret"]\'\n'
