"""What is said where Redis refuses, on a server of the test's own: troubleshooting.md."""

import shutil
import traceback
import uuid
from collections.abc import Callable, Iterator

import pytest
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from playground.services import embedded, key_value_server
from playground.session import Session
from playground.waiting import wait_until

SECONDS = 30.0

MOST_CLIENTS = 9

FULL_DISK = (
    "is configured to save RDB snapshots, but it's currently unable to persist to disk."
    ' Commands that may modify the data set are disabled'
)
FULL_MEMORY = "command not allowed when used memory > 'maxmemory'."
REPLICA = "You can't write against a read only replica."
TOO_MANY = 'max number of clients reached'
OTHER_KIND = 'WRONGTYPE Operation against a key holding the wrong kind of value'
NO_PASSWORD = 'Authentication required.'
NO_PASSWORD_FOR_RESULTS = 'HELLO must be called with the client already authenticated'
WRONG_PASSWORD = 'invalid username-password pair or user is disabled.'
NO_DATABASE = 'DB index is out of range'
SILENT = 'kombu.exceptions.OperationalError: timed out'
NO_ROUTE = (
    "Cannot route message for exchange 'reply.celery.pidbox': Table empty or key no longer exists."
)


@pytest.fixture
def server() -> Iterator[key_value_server.Prepared]:
    with Session() as session:
        prepared = key_value_server.prepare(embedded.find_binary(), session)
        key_value_server.run(session, prepared)
        yield prepared


def send(url: str, queue: str = 'troubled') -> None:
    with Celery('program', broker=url, set_as_current=False) as app:
        app.conf.broker_connection_timeout = 0.5
        app.send_task('program.hello', queue=queue, retry=False)


def store(url: str) -> None:
    with Celery('worker', broker='memory://', backend=url, set_as_current=False) as app:
        app.conf.result_backend_transport_options = {'retry_policy': {'timeout': 0.1}}
        app.backend.store_result(uuid.uuid4().hex, 'hello', 'SUCCESS')


def refused(call: Callable[..., None], *arguments: str) -> str:
    with pytest.raises((OperationalError, redis.RedisError)) as error:
        call(*arguments)
    return str(error.value)


def test_what_redis_refuses(server: key_value_server.Prepared) -> None:
    url = server.url
    admin = redis.Redis.from_url(url)
    held = [redis.Redis.from_url(url) for _ in range(MOST_CLIENTS)]
    assert all(client.ping() for client in held)
    admin.config_set('maxclients', MOST_CLIENTS)
    assert TOO_MANY in refused(send, url)
    assert TOO_MANY in refused(store, url)
    for client in held:
        client.close()
    assert wait_until(lambda: admin.info('clients')['connected_clients'] == 1, SECONDS)
    send(url)
    store(url)
    admin.config_set('maxclients', 1000)

    admin.config_set('maxmemory', '1mb')
    assert FULL_MEMORY in refused(send, url)
    assert FULL_MEMORY in refused(store, url)
    admin.config_set('maxmemory', '0')
    send(url)

    admin.replicaof('127.0.0.1', '9')
    assert REPLICA in refused(send, url)
    assert REPLICA in refused(store, url)
    admin.replicaof('NO', 'ONE')
    send(url)

    admin.set('a-cache', 'a text')
    assert OTHER_KIND in refused(send, url, 'a-cache')
    assert NO_DATABASE in refused(send, url.removesuffix('/0') + '/16')

    admin.config_set('requirepass', 'right')
    assert NO_PASSWORD in refused(send, url)
    assert NO_PASSWORD_FOR_RESULTS in refused(store, url)
    assert WRONG_PASSWORD in refused(send, url.replace('://', '://:wrong@'))
    send(url.replace('://', '://:right@'))
    store(url.replace('://', '://:right@'))
    admin.config_set('requirepass', '')

    # Nor does a disk that is full take its file.
    admin.config_set('save', '3600 1')
    shutil.rmtree(server.folder)
    admin.bgsave()
    assert wait_until(lambda: admin.info()['rdb_last_bgsave_status'] == 'err', SECONDS)
    assert FULL_DISK in refused(send, url)
    assert FULL_DISK in refused(store, url)
    admin.config_set('save', '')
    send(url)


def test_an_answer_that_nobody_waits_for(server: key_value_server.Prepared) -> None:
    """Older Kombu raised an error with these words; what is sent so is lost."""
    with (
        Celery('worker', broker=server.url, set_as_current=False) as app,
        app.connection_for_write() as connection,
    ):
        connection.default_channel.exchange_declare('reply.celery.pidbox', 'direct')
        producer = connection.Producer()
        assert NO_ROUTE not in str(
            producer.publish({}, exchange='reply.celery.pidbox', routing_key='gone')
        )


def test_a_url_of_the_other_broker(server: key_value_server.Prepared) -> None:
    url = server.url.replace('redis://', 'amqp://')
    with Celery('program', broker=url, set_as_current=False) as app:
        app.conf.broker_connection_timeout = 0.5
        with pytest.raises(OperationalError) as silent:
            app.send_task('program.hello', retry=False)
    assert traceback.format_exception_only(silent.value)[-1].strip() == SILENT
    send(server.url)
