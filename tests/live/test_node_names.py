"""Two workers with one name: README.md, chapter 4."""

import uuid
from collections.abc import Callable

from playground.services.running import Services
from playground.terminal import Terminal

SECONDS = 30.0


def test_two_workers_with_one_name(
    running: Services, open_terminal: Callable[[str], Terminal]
) -> None:
    name = f'same-{uuid.uuid4().hex}'
    command = f'celery -A vege worker -l info -P threads -n {name}@%h'
    open_terminal(command).wait_for(' ready.', SECONDS)
    second = open_terminal(command)
    if running.backend == 'native':
        assert second.wait(SECONDS) == 1
        assert f"cannot obtain exclusive access to locked queue '{name}@" in second.output
    else:
        second.wait_for(' ready.', SECONDS)
        ping = open_terminal('celery -A vege inspect ping')
        assert ping.wait(SECONDS) == 0
        assert f'DuplicateNodenameWarning: Received multiple replies from node name: {name}@' in (
            ping.output
        )
        assert ping.output.count(f'->  {name}@') == 2
