"""Asks a worker which tasks it runs. No answer in time is no answer, and is asked for again."""

from typing import Any

from celery import Celery
from celery.result import AsyncResult

from playground.waiting import wait_until

ANSWER_SECONDS = 1.0
SECONDS = 30.0


def running(caller: Celery) -> dict[str, dict[str, Any]]:
    """List the tasks that one worker says it runs, by their ids.

    A worker says so as soon as its main process has learnt that a process of its pool has begun,
    which is when it acknowledges the message. The task itself may have begun before.

    Args:
        caller: an app on the worker's broker.

    Returns:
        None at all, too, if nobody answered within a second.
    """
    answers = caller.control.inspect(timeout=ANSWER_SECONDS, limit=1).active() or {}
    return {request['id']: request for requests in answers.values() for request in requests}


def wait_until_they_run(caller: Celery, *results: AsyncResult) -> None:
    """Wait until the worker says that it runs all these tasks.

    A signal that comes earlier finds no task to end or to wait for.
    """
    expected = {result.id for result in results}
    assert wait_until(lambda: expected <= running(caller).keys(), SECONDS)
