"""What a worker learns from the others when it starts: advance.md, chapter 10."""

import uuid

from celery import Celery

from playground.waiting import wait_until
from tests.live.conftest import StartWorker

SECONDS = 30.0


def test_a_worker_without_mingle_does_not_know_what_was_revoked(
    start_worker: StartWorker, caller: Celery
) -> None:
    first = start_worker('vege', '-P solo')
    identifier = str(uuid.uuid4())
    caller.control.revoke(identifier)
    first.wait_for(f'Tasks flagged as revoked: {identifier}', SECONDS)
    start_worker('vege', '-P solo')
    start_worker('vege', '-P solo --without-mingle')

    def revoked() -> list[list[str]]:
        answers = caller.control.inspect(timeout=SECONDS, limit=3).revoked() or {}
        return sorted(answers.values())

    assert wait_until(lambda: len(revoked()) == 3, SECONDS)
    assert revoked() == [[], [identifier], [identifier]]
