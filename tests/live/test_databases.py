"""What production.md, chapter 5, says of connections, and its blocks do not show."""

import contextlib
import itertools
from collections.abc import Iterator

import psycopg
import pytest
from celery import Celery

from playground.services import postgresql
from playground.services.running import Services
from playground.waiting import wait_until
from tests.fresh_services import fresh
from tests.live.conftest import StartModule

SECONDS = 30.0
COUNT = 100

NAMES = (f'test_{number}' for number in itertools.count(1))

SQUARES = """
import os
from celery import Celery
from celery.signals import worker_process_init
from sqlalchemy import NullPool, create_engine, text

app = Celery('squares')
app.conf.update(task_default_queue='squares', task_time_limit=5)
engine = create_engine(os.environ['DATABASE_URL'], {options})

def square_of(number):
    with engine.connect() as connection:
        return connection.execute(text('SELECT :n * :n'), {{'n': number}}).scalar_one()

{at_import}

@worker_process_init.connect
def begin(**_):
    {in_child}

square = app.task(square_of, name='squares.square')
"""

REDIS = """
import os, redis
from celery import Celery
app = Celery('squares')
app.conf.update(task_default_queue='squares', task_time_limit=5)
client = redis.Redis.from_url(app.conf.result_backend)
client.ping()

@app.task(name='squares.square')
def square(number):
    return int(client.echo(str(number * number)))
"""

DJANGO = """
import os
from urllib.parse import urlsplit
os.environ['DJANGO_SETTINGS_MODULE'] = 'squares'
url = urlsplit(os.environ['DATABASE_URL'])
SECRET_KEY = 'none'
DATABASES = {'default': {
    'ENGINE': 'django.db.backends.postgresql', 'NAME': url.path[1:], 'USER': url.username,
    'PASSWORD': url.password, 'HOST': url.hostname, 'PORT': url.port, 'CONN_MAX_AGE': None,
}}
from celery import Celery
app = Celery('squares')
app.conf.update(task_default_queue='squares', task_time_limit=5)
import django
from django.db import connection

@app.task(name='squares.square')
def square(number):
    with connection.cursor() as cursor:
        cursor.execute('SELECT %s * %s', [number, number])
        return cursor.fetchone()[0]

django.setup()
square(1)
"""

HOLD = """
import os
from celery import Celery
from sqlalchemy import create_engine, text
app = Celery('holding')
app.conf.task_default_queue = 'holding'
engine = create_engine(os.environ['DATABASE_URL'], pool_timeout=0.5)

@app.task(name='holding.hold')
def hold(seconds):
    with engine.connect() as connection:
        connection.execute(text('SELECT pg_sleep(:s)'), {'s': seconds})
"""


@pytest.fixture
def running(embedded: Services) -> Iterator[Services]:
    """The broker plays no part here."""
    with fresh(embedded) as running:
        yield running


@pytest.fixture
def url(postgresql_server: postgresql.Server) -> Iterator[str]:
    """An empty database."""
    name = next(NAMES)
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE {name}')
    yield f'{postgresql_server.url.rpartition("/")[0]}/{name}'
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE {name} WITH (FORCE)')


def connections(url: str, condition: str = 'true') -> int:
    """How many others than this one are connected to a database, and have a condition."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()'
            f' AND pid <> pg_backend_pid() AND {condition}'
        ).fetchone()
    assert found
    return int(found[0])


def right_squares(caller: Celery) -> int:
    """Have many numbers squared, and count the right answers."""
    results = [
        caller.send_task('squares.square', (number,), queue='squares') for number in range(COUNT)
    ]
    answers = [result.get(timeout=SECONDS, propagate=False) for result in results]
    return sum(answer == number**2 for number, answer in enumerate(answers))


@pytest.mark.parametrize(
    ('options', 'at_import', 'in_child', 'is_right', 'connected'),
    [
        ('', 'square_of(1)', 'pass', False, None),
        ('pool_pre_ping=True', 'square_of(1)', 'pass', False, None),
        ('', 'square_of(1)', 'engine.dispose(close=False)', True, 3),
        # It closes the parent's connection.
        ('', 'square_of(1)', 'engine.dispose()', True, 2),
        ('', '', 'pass', True, 2),
        ('', 'square_of(1); engine.dispose()', 'pass', True, 2),
        ('poolclass=NullPool', 'square_of(1)', 'pass', True, 0),
    ],
    ids=['shared', 'pre-ping', 'forgotten', 'closed', 'not-yet', 'closed-before', 'no-pool'],
)
def test_an_engine_that_is_older_than_the_fork(
    start_module: StartModule,
    caller: Celery,
    url: str,
    options: str,
    at_import: str,
    in_child: str,
    is_right: bool,
    connected: int | None,
) -> None:
    source = SQUARES.format(options=options, at_import=at_import, in_child=in_child)
    start_module('squares', source, '-c 2', DATABASE_URL=url)
    assert (right_squares(caller) == COUNT) is is_right
    if connected is not None:
        assert wait_until(lambda: connections(url) == connected, SECONDS), connections(url)


@pytest.mark.parametrize('source', [REDIS, DJANGO], ids=['redis', 'django'])
def test_what_notices_a_fork_by_itself(
    start_module: StartModule, caller: Celery, url: str, source: str
) -> None:
    start_module('squares', source, '-c 2', DATABASE_URL=url)
    assert right_squares(caller) == COUNT


@pytest.mark.parametrize('options', ['', 'pool_pre_ping=True'])
def test_a_database_that_is_restarted(
    start_module: StartModule,
    caller: Celery,
    postgresql_server: postgresql.Server,
    url: str,
    options: str,
) -> None:
    source = SQUARES.format(options=options, at_import='', in_child='pass')
    start_module('squares', source, '-c 1', DATABASE_URL=url)

    def answer() -> object:
        result = caller.send_task('squares.square', (3,), queue='squares')
        return result.get(timeout=SECONDS, propagate=False)

    assert answer() == 9
    postgresql_server.restart()
    after = answer()
    assert after == 9 if options else 'AdminShutdown' in repr(after)
    assert answer() == 9


def test_a_query_that_runs_while_the_database_ends_is_lost(
    start_module: StartModule,
    caller: Celery,
    postgresql_server: postgresql.Server,
    url: str,
) -> None:
    source = HOLD.replace('pool_timeout=0.5', 'pool_pre_ping=True')
    start_module('holding', source, '-c 1', DATABASE_URL=url)
    result = caller.send_task('holding.hold', (600,), queue='holding')
    assert wait_until(lambda: connections(url, "wait_event = 'PgSleep'") == 1, SECONDS)
    postgresql_server.restart()
    assert 'AdminShutdown' in repr(result.get(timeout=SECONDS, propagate=False))


@pytest.mark.parametrize('pool', ['threads', 'gevent'])
def test_a_pool_of_connections_has_a_limit(
    start_module: StartModule, caller: Celery, url: str, pool: str
) -> None:
    start_module('holding', HOLD, f'-P {pool} -c 16', DATABASE_URL=url)
    results = [caller.send_task('holding.hold', (3,), queue='holding') for _ in range(16)]
    answers = [result.get(timeout=SECONDS, propagate=False) for result in results]
    [refused] = [repr(answer) for answer in answers if answer is not None]
    assert 'QueuePool limit of size 5 overflow 10 reached' in refused
    # What overflows is closed, and five stay.
    assert connections(url) == 5


def test_what_another_user_than_the_superuser_is_told(
    postgresql_server: postgresql.Server, url: str
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader'")
        reserved = connection.execute('SHOW superuser_reserved_connections').fetchone()
    assert reserved == ('3',)
    _, at, place = url.rpartition('@')
    mine = f'postgresql://reader:reader{at}{place}'
    with contextlib.ExitStack() as opened:

        def open_all() -> None:
            for _ in range(postgresql.MOST_CONNECTIONS):
                opened.enter_context(psycopg.connect(mine))

        with pytest.raises(psycopg.OperationalError, match='remaining connection slots are res'):
            open_all()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('DROP ROLE reader')


def test_a_task_does_not_see_what_is_not_committed(
    start_module: StartModule, caller: Celery, url: str
) -> None:
    source = SQUARES.format(options='', at_import='', in_child='pass')
    query = 'SELECT count(*) FROM orders WHERE id = :n'
    start_module('squares', source.replace('SELECT :n * :n', query), '-c 1', DATABASE_URL=url)

    def found() -> object:
        return caller.send_task('squares.square', (7,), queue='squares').get(timeout=SECONDS)

    with psycopg.connect(url) as connection:
        connection.execute('CREATE TABLE orders (id integer)')
        connection.commit()
        connection.execute('INSERT INTO orders VALUES (7)')
        assert found() == 0
        connection.commit()
        assert found() == 1
