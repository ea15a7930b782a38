"""An event receiver: tells about each task that fails. advance.md, chapter 5.

celery -A examples.control_panel worker -l info -n w1@localhost -c 2 -E
python -m examples.event_receiver
"""

from contextlib import suppress
from typing import Any

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'


app = Celery('examples.event_receiver')
app.config_from_object(Config)
# The event task-failed has the id of its task but no name: an earlier event had it.
state = app.events.State()


def tell_new_worker(event: dict[str, Any]) -> None:
    (worker, is_new), _ = state.event(event)
    if is_new:
        print(f'{worker.hostname} is there', flush=True)


def tell_failure(event: dict[str, Any]) -> None:
    state.event(event)
    task = state.tasks[event['uuid']]
    print(f'{event["hostname"]}: {task.name} with {task.args}: {event["exception"]}', flush=True)


def main() -> None:
    handlers = {
        'worker-heartbeat': tell_new_worker,
        'task-failed': tell_failure,
        '*': state.event,
    }
    with app.connection_for_read() as connection:
        app.events.Receiver(connection, handlers=handlers).capture()


if __name__ == '__main__':
    with suppress(KeyboardInterrupt):
        main()
