"""Loaded into the worker: has each task announce its pool process, which no event of it names."""

from typing import Any

from billiard.process import current_process
from celery import Task
from celery.signals import task_prerun

from playground.timeline.recording import PROCESS_EVENT


@task_prerun.connect
def announce(task: Task, **kwargs: Any) -> None:
    """Send an event with the name that the worker's log has, as in ``ForkPoolWorker-1``."""
    task.send_event(PROCESS_EVENT, process=current_process().name)
