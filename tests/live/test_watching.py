"""What production.md's chapter about watching says of queues, of Flower, of failures and traces."""

import json
import os
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery
from celery.result import AsyncResult
from kombu import Queue

from playground import http, ports
from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.fresh_services import management
from tests.live.conftest import StartModule, StartWorker, node
from tests.live.rabbitmq import major
from tests.live.running_tasks import wait_until_they_run

SECONDS = 30.0
AGE = 60

# RabbitMQ 4 gives a message of a quorum queue once, and 20 times again.
MOST_LOOKS = 21
# What is not there by then does not come.
QUIET_SECONDS = 2.0

OpenTerminal = Callable[[str], Terminal]


@pytest.fixture
def on_native(running: Services) -> None:
    """What does not depend on the broker runs once."""
    if running.backend != 'native':
        pytest.skip('what does not depend on the broker is tried on native alone')


def metrics(port: int) -> dict[str, float]:
    """Read what Prometheus would; nothing from a server that does not answer, or not well."""
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=SECONDS) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return {}
    pairs = [line.rsplit(' ', 1) for line in lines if not line.startswith('#')]
    return {name: float(value) for name, value in pairs}


def test_the_exporter_counts_each_priority(
    running: Services, open_terminal: OpenTerminal, caller: Celery
) -> None:
    sent = int(time.time()) - AGE
    for priority in (9, 6, 3, 0):
        options = {'queue': 'watched', 'priority': priority, 'timestamp': sent + priority}
        caller.send_task('examples.watched.pack_order', (1,), **options)
    port = ports.free_port()
    open_terminal(f'python -m examples.queue_exporter {port} watched')
    length = 'celery_queue_length{queue="watched"}'
    assert wait_until(lambda: metrics(port).get(length) == 4, SECONDS)
    found = metrics(port)
    assert found['celery_workers'] == 0
    oldest = found.get('celery_queue_oldest_seconds{queue="watched"}')
    if running.has_rabbitmq:
        assert oldest is None
    else:
        assert oldest is not None
        assert AGE <= oldest < AGE + SECONDS


def test_a_worker_that_answers_is_counted(
    start_worker: StartWorker, open_terminal: OpenTerminal
) -> None:
    start_worker('examples.watched', '-c 1')
    port = ports.free_port()
    open_terminal(f'python -m examples.queue_exporter {port} watched')
    assert wait_until(lambda: metrics(port).get('celery_workers') == 1, SECONDS)


def test_a_queue_that_is_not_there_is_no_empty_queue(
    running: Services, open_terminal: OpenTerminal
) -> None:
    if not running.has_rabbitmq:
        pytest.skip('on Redis an empty queue and no queue are the same')
    port = ports.free_port()
    open_terminal(f'python -m examples.queue_exporter {port} nowhere')
    assert wait_until(lambda: ports.answers(port), SECONDS)
    with pytest.raises(urllib.error.HTTPError, match='500'):
        urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=SECONDS)


@pytest.mark.parametrize('kind', ['classic', 'quorum'])
def test_rabbitmq_tells_the_age_of_a_classic_queues_first_message(
    running: Services, caller: Celery, kind: str
) -> None:
    if not running.has_rabbitmq:
        pytest.skip('RabbitMQ alone has a management API')
    sent = int(time.time()) - AGE
    queue = Queue('ages', queue_arguments={'x-queue-type': kind})
    for later in range(3):
        caller.send_task('examples.watched.pack_order', (1,), queue=queue, timestamp=sent + later)
    api, credentials = management(running)
    vhost = running.broker_url.rsplit('/', 1)[1]

    def looks() -> dict[str, object]:
        _, answer = http.request(f'{api}queues/{vhost}/ages', credentials)
        found: dict[str, object] = json.loads(answer)
        return found

    assert wait_until(lambda: looks().get('messages_ready') == 3, SECONDS)
    expected = sent if kind == 'classic' else None
    assert wait_until(lambda: looks().get('head_message_timestamp') == expected, SECONDS)


@pytest.mark.parametrize('kind', ['classic', 'quorum'])
def test_who_looks_too_often_at_a_quorum_queues_message_loses_it(
    running: Services, caller: Celery, kind: str
) -> None:
    if not running.has_rabbitmq:
        pytest.skip('RabbitMQ alone counts deliveries')
    queue = Queue('looked_at', queue_arguments={'x-queue-type': kind})
    caller.send_task('examples.watched.pack_order', (1,), queue=queue)
    is_lost = kind == 'quorum' and (major(running) or 0) >= 4
    with caller.connection_for_read() as connection:
        channel = connection.channel()

        def is_there() -> bool:
            count: int = channel.queue_declare('looked_at', passive=True).message_count
            return count == 1

        for _ in range(MOST_LOOKS):
            assert wait_until(is_there, SECONDS)
            channel.basic_reject(channel.basic_get('looked_at').delivery_tag, requeue=True)
        assert wait_until(is_there, QUIET_SECONDS if is_lost else SECONDS) is not is_lost


def test_flower_keeps_a_killed_worker_and_takes_a_caller_for_one(
    on_native: None, start_worker: StartWorker, open_terminal: OpenTerminal, caller: Celery
) -> None:
    keeps, forgets = ports.free_port(), ports.free_port()
    flower = 'celery -A examples.watched flower --address=127.0.0.1 --port='
    open_terminal(f'{flower}{keeps}')
    open_terminal(f'{flower}{forgets} --purge-offline-workers=1')
    assert wait_until(lambda: ports.answers(keeps) and ports.answers(forgets), SECONDS)
    worker = start_worker('examples.watched', '-c 1')
    online = f'flower_worker_online{{worker="{node(worker)}"}}'
    assert wait_until(lambda: metrics(keeps).get(online) == 1, SECONDS)
    assert wait_until(lambda: metrics(forgets).get(online) == 1, SECONDS)

    caller.conf.task_send_sent_event = True
    caller.send_task('examples.watched.pack_order', (1,), queue='watched').get(timeout=SECONDS)
    me = f'worker="gen{os.getpid()}@{socket.gethostname()}"'
    assert wait_until(lambda: any(me in name for name in metrics(keeps)), SECONDS)

    worker.kill()
    assert wait_until(lambda: online not in metrics(forgets), SECONDS)
    assert metrics(keeps)[online] == 1


FAILING = """
import os, time
from celery import Celery, signals
from celery.exceptions import Reject
MAIN = os.getpid()
app = Celery('failing')

def connect(name):
    def tell(sender=None, **more):
        request = more.get('request')
        task_id = more.get('task_id') or more.get('id') or getattr(request, 'id', None)
        if 'message' in more:
            task_id = more['message'].headers.get('id')
        place = 'main' if os.getpid() == MAIN else 'pool'
        own = getattr(sender, 'request', None)
        root = ' root' if name == 'task_failure' and own.root_id else ''
        os.write(1, f'SIGNAL {task_id} {name} {place}{root}\\n'.encode())
    getattr(signals, name).connect(tell, weak=False)

for name in ('failure', 'internal_error', 'unknown', 'rejected', 'retry', 'revoked'):
    connect(f'task_{name}')

@app.task
def raises():
    raise ValueError
@app.task
def unencodable():
    return object()
@app.task(time_limit=1)
def too_long():
    time.sleep(60)
@app.task
def killed():
    os.kill(os.getpid(), 9)
@app.task
def rejects():
    raise Reject('no', requeue=False)
@app.task(bind=True, max_retries=1)
def retries(self):
    raise self.retry(countdown=0)
@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def goes_back(self):
    if not self.request.delivery_info['redelivered']:
        os.kill(os.getpid(), 9)
@app.task
def sleep():
    time.sleep(60)
"""

SIGNALS = {
    'raises': ['task_failure pool root'],
    'unencodable': ['task_failure pool root'],
    'too_long': ['task_failure main root', 'task_failure main'],
    'killed': ['task_failure main root'],
    'rejects': ['task_failure main'],
    'retries': ['task_retry pool', 'task_failure pool root'],
    'goes_back': [],
    'unknown': ['task_unknown main'],
    'pickle': ['task_rejected main'],
    'eta': ['task_rejected main'],
    'expired': ['task_revoked main'],
    'revoked': ['task_revoked main'],
    'not JSON': [],
    'sleep': [],
}


def test_which_failure_sends_which_signal(
    on_native: None, start_module: StartModule, caller: Celery
) -> None:
    worker = start_module('failing', FAILING, '-c 1')

    def send(name: str, **options: object) -> AsyncResult:
        return caller.send_task(f'failing.{name}', **options)

    revoked = str(uuid4())
    assert caller.control.revoke(revoked, reply=True, timeout=SECONDS, limit=1)
    names = ['raises', 'unencodable', 'too_long', 'killed', 'rejects', 'retries', 'goes_back']
    # First, for RabbitMQ throws it away if the worker does not take it at once.
    expired = send('raises', expires=-1)
    sent = {
        'expired': expired,
        **{name: send(name) for name in (*names, 'unknown')},
        'pickle': send('raises', serializer='pickle'),
        'eta': send('raises', eta='tomorrow'),
        'revoked': send('raises', task_id=revoked),
    }
    with caller.connection_for_write() as connection:
        headers = {'id': 'not JSON', 'task': 'failing.raises'}
        connection.Producer().publish(
            b'{',
            routing_key='celery',
            content_type='application/json',
            content_encoding='utf-8',
            headers=headers,
        )
    assert sent['goes_back'].get(timeout=SECONDS) is None
    sent['sleep'] = send('sleep')
    wait_until_they_run(caller, sent['sleep'])
    worker.kill()

    ids = {name: result.id for name, result in sent.items()} | {'not JSON': 'not JSON'}
    found = {
        name: re.findall(rf'(?m)^SIGNAL {task_id} (.*)$', worker.output)
        for name, task_id in ids.items()
    }
    assert {name: sorted(each) for name, each in found.items()} == {
        name: sorted(each) for name, each in SIGNALS.items()
    }


@pytest.mark.parametrize(('pool', 'expected'), [('threads', []), ('gevent', ['task_failure main'])])
def test_one_process_sends_all_signals_on_another_pool(
    on_native: None, start_module: StartModule, caller: Celery, pool: str, expected: list[str]
) -> None:
    worker = start_module('failing', FAILING, f'-c 2 -P {pool}')
    raises, too_long = (caller.send_task(f'failing.{name}').id for name in ('raises', 'too_long'))

    def told(task_id: str) -> list[str]:
        return re.findall(rf'(?m)^SIGNAL {task_id} (.*)$', worker.output)

    assert wait_until(lambda: told(raises) == ['task_failure main root'], SECONDS)
    worker.wait_for(f'[{too_long}] received', SECONDS)
    # Its limit is a second.
    assert wait_until(lambda: bool(told(too_long)), SECONDS if expected else 2 * QUIET_SECONDS) == (
        bool(expected)
    )
    assert told(too_long) == expected


TRACED = """
from celery import Celery, signals
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
app = Celery('traced')
def begin(**_):
    exporter = ConsoleSpanExporter(out=open('spans.log', 'a'), formatter=lambda span: span.name)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()
def end(**_):
    provider.shutdown()
BEGIN
@app.task
def add(a, b):
    return a + b
"""
IN_PROCESS = 'signals.worker_process_init.connect(begin)\n'
IN_WORKER = 'signals.worker_init.connect(begin)\n'
AT_IMPORT = 'begin()\n'
AND_END = 'signals.worker_process_shutdown.connect(end)\n'


@pytest.mark.parametrize(
    ('begin', 'pool', 'is_traced'),
    [
        (IN_PROCESS + AND_END, 'prefork', True),
        (IN_PROCESS, 'prefork', False),
        (AT_IMPORT + AND_END, 'prefork', True),
        (IN_PROCESS, 'threads', False),
        (IN_WORKER, 'threads', True),
        (IN_PROCESS, 'gevent', False),
    ],
)
def test_where_a_trace_has_to_begin_and_to_end(
    on_native: None,
    start_module: StartModule,
    caller: Celery,
    tmp_path: Path,
    begin: str,
    pool: str,
    is_traced: bool,
) -> None:
    worker = start_module('traced', TRACED.replace('BEGIN', begin), f'-c 1 -P {pool}')
    assert caller.send_task('traced.add', (1, 2)).get(timeout=SECONDS) == 3
    worker.press_control_c()
    worker.wait(SECONDS)
    spans = tmp_path / 'spans.log'
    assert ('run/traced.add' in (spans.read_text() if spans.exists() else '')) is is_traced
