"""A connection to a database that is older than the fork. production.md, chapter 5.

celery -A examples.forked_connection worker -l info -c 2 -n forked@localhost
celery -A examples.forked_connection shell
"""

import os

from celery import Celery
from sqlalchemy import create_engine, text


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'forked_connection'
    task_time_limit = 3


app = Celery('examples.forked_connection')
app.config_from_object(Config)
engine = create_engine(os.environ.get('DATABASE_URL', 'postgresql://localhost/notes'))

with engine.connect() as connection:  # at import, in the parent of all processes
    connection.execute(text('SELECT 1'))

SQUARE = text('SELECT :number * :number')


@app.task
def square(number: int) -> int:
    with engine.connect() as connection:
        answer: int = connection.execute(SQUARE, {'number': number}).scalar_one()
    return answer
