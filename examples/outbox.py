"""A task and a transaction: what a crash leaves, and an outbox. advance.md, chapter 9.

celery -A examples.outbox worker -l info -P threads -c 1 -n outbox@localhost
celery -A examples.outbox shell
"""

import sqlite3
from contextlib import closing

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'outbox'
    broker_transport_options = {'confirm_publish': True}


app = Celery('examples.outbox')
app.config_from_object(Config)


def connect() -> sqlite3.Connection:
    return sqlite3.connect('outbox.db')


def create_tables() -> None:
    with closing(connect()) as database, database:
        database.execute('CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)')
        database.execute('CREATE TABLE outbox (id INTEGER PRIMARY KEY, order_id INTEGER)')


def insert(database: sqlite3.Connection, item: str) -> int | None:
    return database.execute('INSERT INTO orders (item) VALUES (?)', (item,)).lastrowid


@app.task
def import_order(items: list[str], in_one_transaction: bool) -> None:
    with closing(connect()) as database, database:
        for item in items:
            if item == 'nonsense':
                raise ValueError(item)
            insert(database, item)
            if not in_one_transaction:
                database.commit()


@app.task(ignore_result=True)
def confirm(order: int) -> str:
    with closing(connect()) as database:
        found = database.execute('SELECT item FROM orders WHERE id = ?', (order,)).fetchone()
    return f'{found[0]} is on its way' if found else f'there is no order {order}'


def place(item: str) -> None:
    with closing(connect()) as database, database:
        order = insert(database, item)
        database.execute('INSERT INTO outbox (order_id) VALUES (?)', (order,))


def relay() -> int:
    sent = 0
    with closing(connect()) as database:
        while True:
            with database:
                database.execute('BEGIN IMMEDIATE')  # other relays wait here
                row = database.execute('SELECT id, order_id FROM outbox ORDER BY id').fetchone()
                if row is None:
                    return sent
                confirm.delay(row[1])
                database.execute('DELETE FROM outbox WHERE id = ?', (row[0],))
            sent += 1
