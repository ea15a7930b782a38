"""How many messages a worker holds: each row of the table of advance.md, chapter 9."""

import pytest
from celery import Celery

from examples import long_and_short
from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.page_tables import table

SECONDS = 30.0
LONG = 600.0
SENT = 8
QUEUE = 'long_and_short'
COLUMNS = ('a worker with `-c 1` and', 'runs', 'holds beside it')
PLAIN_COLUMNS = tuple(column.replace('`', '') for column in COLUMNS)


def left(caller: Celery) -> int:
    """How many messages wait in the queue, for any worker."""
    with caller.connection_for_read() as connection:
        queue = connection.default_channel.queue_declare(QUEUE, passive=True)
        return int(queue.message_count)


def received(worker: Terminal) -> int:
    return worker.output.count('Task examples.long_and_short.report[')


def how_many(start_worker: StartWorker, caller: Celery, options: str) -> tuple[int, int]:
    """Send more than a worker takes, and count what it has and what it has left."""
    caller.conf.task_queue_max_priority = long_and_short.Config.task_queue_max_priority
    worker = start_worker('examples.long_and_short', f'-c 1 {options}')
    for _ in range(SENT):
        caller.send_task('examples.long_and_short.report', (LONG,), queue=QUEUE, priority=5)

    def all_are_somewhere() -> bool:
        return received(worker) > 0 and received(worker) + left(caller) == SENT

    assert wait_until(all_are_somewhere, SECONDS)
    return received(worker), left(caller)


@pytest.mark.parametrize('row', table(*PLAIN_COLUMNS), ids=lambda row: row[0])
def test_what_a_worker_holds(
    start_worker: StartWorker, caller: Celery, running: Services, row: list[str]
) -> None:
    options, runs, beside = row
    if '--disable-prefetch' in options and running.has_rabbitmq:
        pytest.skip('only a worker on Redis can do without prefetching; embedded shows it')
    options = '' if options == 'nothing else' else options.removesuffix(', on Redis')
    took, stayed = how_many(start_worker, caller, options)
    assert (took, stayed) == (int(runs) + int(beside), SENT - int(runs) - int(beside))
