"""Two workers with one name: README.md, chapter 4."""

import uuid
from collections.abc import Callable

import pytest
from celery import Celery
from celery.exceptions import DuplicateNodenameWarning

from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until

SECONDS = 30.0


def test_two_workers_with_one_name(
    running: Services, open_terminal: Callable[[str], Terminal], caller: Celery
) -> None:
    name = f'same-{uuid.uuid4().hex}'
    command = f'celery -A vege worker -l info -P threads -n {name}@%h'
    open_terminal(command).wait_for(' ready.', SECONDS)
    second = open_terminal(command)
    if running.has_rabbitmq:
        assert second.wait(SECONDS) == 1
        assert (
            f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{name}@"
            in second.output
        )
    else:
        second.wait_for(' ready.', SECONDS)

        def both_answer() -> bool:
            """Ask as `celery inspect ping` does, but only until two have answered."""
            return len(caller.control.broadcast('ping', reply=True, timeout=1, limit=2)) == 2

        assert wait_until(both_answer, SECONDS)
        with pytest.warns(
            DuplicateNodenameWarning, match=f'Received multiple replies from node name: {name}@'
        ):
            caller.control.inspect(timeout=SECONDS, limit=2).ping()
