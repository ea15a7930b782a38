"""A camera: keeps in a database what events tell about tasks. advance.md, chapter 5.

celery -A examples.control_panel worker -l info -n w1@localhost -c 2 -E
celery -A examples.camera events --camera=examples.camera.Album --frequency=0.5
"""

import sqlite3
from contextlib import closing

from celery import Celery
from celery.events.snapshot import Polaroid
from celery.events.state import State


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'camera'


app = Celery('examples.camera')
app.config_from_object(Config)


class Album(Polaroid):
    file = 'album.sqlite3'
    # After each snapshot, forget the tasks that are done: they are in the database.
    clear_after = True

    def on_shutter(self, state: State) -> None:
        if state.event_count == 0:
            return
        rows = [
            (task.uuid, task.name, task.state, task.hostname, task.runtime)
            for task in state.tasks.values()
        ]
        # Snapshots are taken in a thread, and SQLite wants a connection per thread.
        with closing(sqlite3.connect(self.file)) as database, database:
            database.execute(
                'CREATE TABLE IF NOT EXISTS tasks (uuid PRIMARY KEY, name, state, worker, runtime)'
            )
            database.executemany('INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?)', rows)
        print('snapshot:', *state.workers, *[f'{row[1]} {row[2]}' for row in rows], flush=True)
