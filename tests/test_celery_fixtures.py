"""Celery's fixtures for pytest: a worker in the test process. advance.md, chapter 6.

python -m pytest tests/test_celery_fixtures.py
"""

import os

import pytest
from celery import Celery
from celery.contrib.testing.worker import TestWorkController

pytest_plugins = ('celery.contrib.pytest',)


@pytest.fixture(autouse=True)
def _no_real_services(monkeypatch: pytest.MonkeyPatch) -> None:
    # These two variables win over the fixtures' settings too.
    monkeypatch.delenv('CELERY_BROKER_URL', raising=False)
    monkeypatch.delenv('CELERY_RESULT_BACKEND', raising=False)


def test_a_worker_runs_a_task(celery_app: Celery, celery_worker: TestWorkController) -> None:
    @celery_app.task
    def process_id() -> int:
        return os.getpid()

    celery_worker.reload()  # The worker has to learn of a task that is newer than itself.
    assert process_id.delay().get(timeout=10) == os.getpid()
