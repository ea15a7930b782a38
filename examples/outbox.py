"""A task and a transaction: what a crash leaves, and an outbox. advance.md, chapter 9.

celery -A examples.outbox worker -l info -P threads -c 1 -n outbox@localhost
"""

import sqlite3

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'outbox'


app = Celery('examples.outbox')
app.config_from_object(Config)

TABLES = """
CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT);
CREATE TABLE IF NOT EXISTS outbox (order_id INTEGER);
"""


def connect() -> sqlite3.Connection:
    database = sqlite3.connect('outbox.db')
    database.executescript(TABLES)
    return database


def insert(database: sqlite3.Connection, item: str) -> int | None:
    return database.execute('INSERT INTO orders (item) VALUES (?)', (item,)).lastrowid


@app.task
def import_order(items: list[str], in_one_transaction: bool) -> None:
    database = connect()
    with database:
        for item in items:
            if item == 'nonsense':
                raise ValueError(item)
            insert(database, item)
            if not in_one_transaction:
                database.commit()


@app.task
def confirm(order: int) -> str:
    found = connect().execute('SELECT item FROM orders WHERE id = ?', (order,)).fetchone()
    return f'{found[0]} is on its way' if found else f'there is no order {order}'


def send_too_early(item: str) -> str:
    database = connect()
    with database:
        result = confirm.delay(insert(database, item))
        return str(result.get(timeout=10))


def send_after_commit(item: str) -> str:
    database = connect()
    with database:
        order = insert(database, item)
    return str(confirm.delay(order).get(timeout=10))


def place(item: str) -> None:
    database = connect()
    with database:
        order = insert(database, item)
        database.execute('INSERT INTO outbox VALUES (?)', (order,))


def relay() -> list[str]:
    database = connect()
    answers = []
    for number, order in database.execute('SELECT rowid, order_id FROM outbox').fetchall():
        answers.append(str(confirm.delay(order).get(timeout=10)))
        with database:
            database.execute('DELETE FROM outbox WHERE rowid = ?', (number,))
    return answers
