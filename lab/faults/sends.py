"""Sends the tasks of faults that lie in the tasks themselves."""

import uuid
from typing import TYPE_CHECKING

from celery import Celery

from lab.faults.app import NAME

if TYPE_CHECKING:
    from lab.faults.fault import Fault

LIMIT_SECONDS = 1.0
MEGABYTES = 30
EXPIRES_SECONDS = 3600.0
# One task of so many is of another kind.
OVER = POISON = GARBAGE = 5


def work(app: Celery, fault: 'Fault', number: int, **options: object) -> str:
    """Send a task that works.

    Args:
        app: of the caller.
        fault: for how long.
        number: which one.
        options: of the call.

    Returns:
        Its id.
    """
    return _send(app, number, fault.before, fault.after, **options)


def work_over_limits(app: Celery, fault: 'Fault', number: int) -> str:
    """The same with limits; one task of five is over the hard one, and one over the soft one."""
    limits = {0: {'time_limit': LIMIT_SECONDS}, 1: {'soft_time_limit': LIMIT_SECONDS}}
    place = number % OVER
    seconds = 3 * LIMIT_SECONDS if place in limits else fault.before
    return _send(app, number, seconds, fault.after, **limits.get(place, {}))


def work_twice(app: Celery, fault: 'Fault', number: int) -> str:
    """Send it twice with one id."""
    task_id = str(uuid.uuid4())
    for _ in range(2):
        work(app, fault, number, task_id=task_id)
    return task_id


def work_long(app: Celery, fault: 'Fault', number: int) -> str:
    """The first half of them take the time of the fault after their effect, the others none."""
    after = fault.after if number % fault.tasks < fault.tasks // 2 else 0
    return _send(app, number, fault.before, after)


def work_later(app: Celery, fault: 'Fault', number: int) -> str:
    """Send it with a countdown."""
    return work(app, fault, number, countdown=fault.countdown)


def work_that_expires(app: Celery, fault: 'Fault', number: int) -> str:
    """Send it with an hour in which it may begin."""
    return work(app, fault, number, expires=EXPIRES_SECONDS)


def leak(app: Celery, fault: 'Fault', number: int) -> str:
    """Send a task that keeps memory for ever."""
    return str(app.send_task(f'{NAME}.leak', (number, MEGABYTES)).id)


def work_beside_poison(app: Celery, fault: 'Fault', number: int) -> str:
    """Send a good task, and now and then before it one that ends its process each time."""
    if number % POISON == 0:
        app.send_task(f'{NAME}.poison', (-1 - number,))
    return work(app, fault, number)


def work_beside_garbage(app: Celery, fault: 'Fault', number: int) -> str:
    """Send a good task, and now and then before it a message whose body is none of a task."""
    if number % GARBAGE == 0:
        queue = app.amqp.queues[app.conf.task_default_queue]
        with app.producer_pool.acquire(block=True) as producer:
            producer.publish(
                [1],
                exchange=queue.exchange,
                routing_key=queue.routing_key,
                serializer='json',
                headers={'task': f'{NAME}.work', 'id': str(uuid.uuid4())},
            )
    return work(app, fault, number)


def _send(app: Celery, number: int, before: float, after: float, **options: object) -> str:
    return str(app.send_task(f'{NAME}.work', (number, before, after), **options).id)
