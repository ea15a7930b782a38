"""A new worker takes over from an old one: production.md, chapter 6."""

import shlex
from collections.abc import Callable

from celery import Celery, group
from celery.exceptions import NotRegistered

from playground.terminal import Terminal
from playground.virtual_environment import REPOSITORY

SECONDS = 60.0
ORDERS = 40


def start(open_terminal: Callable[[str], Terminal], release: str) -> Terminal:
    folder = REPOSITORY / 'examples' / 'deploying' / release
    worker = open_terminal(
        f'cd {shlex.quote(str(folder))} && exec celery -A shop worker -l info -c 1 -n {release}@%h'
    )
    worker.wait_for(' ready.', SECONDS)
    return worker


def test_all_that_the_old_worker_held_is_done_once(
    open_terminal: Callable[[str], Terminal], caller: Celery
) -> None:
    old, new = start(open_terminal, 'old'), start(open_terminal, 'new')
    tasks = group(caller.signature('shop.pack', (order,), queue='shop') for order in range(ORDERS))
    results = tasks.apply_async()
    old.wait_for('succeeded', SECONDS)
    old.process.terminate()
    assert old.wait(SECONDS) == 0
    done_before = old.output.count('succeeded')
    assert 0 < done_before < ORDERS
    assert results.get(timeout=SECONDS) == [f'order {order} packed' for order in range(ORDERS)]
    assert new.output.count('succeeded') == ORDERS - done_before


def test_a_message_of_which_nobody_knows_the_task_is_gone(
    open_terminal: Callable[[str], Terminal], caller: Celery
) -> None:
    hasty = start(open_terminal, 'hasty')
    result = caller.send_task('shop.pack', (1,), queue='shop')
    assert isinstance(result.get(timeout=SECONDS, propagate=False), NotRegistered)
    with caller.connection_for_read() as connection:
        channel = connection.default_channel
        queue = channel.queue_declare('shop', durable=True, auto_delete=False)
        assert queue.message_count == 0
    hasty.process.terminate()
    hasty.wait(SECONDS)
    new = start(open_terminal, 'new')
    assert caller.send_task('shop.pack', (2,), queue='shop').get(timeout=SECONDS)
    assert new.output.count('received') == 1
