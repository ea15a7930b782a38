"""Connections to a database: none is shared, and they are counted. production.md, chapter 5.

celery -A examples.connections worker -l info -c 4 -n w1@localhost
celery -A examples.connections shell
"""

import os

from celery import Celery
from celery.signals import worker_process_init
from sqlalchemy import create_engine, text


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'connections'


app = Celery('examples.connections')
app.config_from_object(Config)
engine = create_engine(
    os.environ.get('DATABASE_URL', 'postgresql://localhost/notes'), pool_pre_ping=True
)


with engine.connect() as connection:  # at import, in the parent of all processes
    connection.execute(text('SELECT 1'))


@worker_process_init.connect
def forget_the_parents_connections(**_: object) -> None:
    engine.dispose(close=False)


SQUARE = text('SELECT :number * :number')
CONNECTED = text('SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()')
HANG_UP = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


@app.task
def square(number: int) -> int:
    with engine.connect() as connection:
        answer: int = connection.execute(SQUARE, {'number': number}).scalar_one()
    return answer


@app.task
def hold(seconds: float) -> int:
    with engine.connect() as connection:
        connection.execute(text('SELECT pg_sleep(:seconds)'), {'seconds': seconds})
        connected: int = connection.execute(CONNECTED).scalar_one()
    return connected


def hang_up() -> None:
    with engine.connect() as connection:
        connection.execute(HANG_UP)
