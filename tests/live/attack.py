"""Two thousand orders for a web application, many at a time: none may be lost."""

import json
from typing import Any
from urllib.parse import urljoin

from playground.waiting import wait_until
from tests.live import projects

POSTS = 2000
AT_ONCE = 50
DONE_SECONDS = 60.0
# A server that is loaded by other tests needs longer than one that is not.
LONGEST_SECONDS = 10.0


def attack(address: str, **order: Any) -> None:
    """Send the orders, print how long the slowest took, and wait until each is done.

    Args:
        address: takes a POST, and answers 202 and ``where`` its state is.
        **order: ``json=`` or ``data=``, as httpx takes them.

    Raises:
        AssertionError: one was refused, lost, too slow or not done in time.
    """
    answers = projects.post(address, POSTS, AT_ONCE, **order)
    assert {answer.status for answer in answers} == {202}
    slowest = max(answer.seconds for answer in answers)
    print(f'the slowest took {slowest:.2f} s')
    assert slowest < LONGEST_SECONDS
    left = {json.loads(answer.body)['where'] for answer in answers}
    assert len(left) == POSTS

    def all_are_done() -> bool:
        asked = sorted(left)
        found = projects.get([urljoin(address, where) for where in asked], AT_ONCE)
        assert {answer.status for answer in found} == {200}
        states = [json.loads(answer.body)['state'] for answer in found]
        left.difference_update(
            where for where, state in zip(asked, states, strict=True) if state == 'SUCCESS'
        )
        return not left

    assert wait_until(all_are_done, DONE_SECONDS), f'{len(left)} are not done'
