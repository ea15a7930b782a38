"""The package basic_setup with a real worker."""

from celery import Celery

from tests.live.conftest import StartWorker

RESULT_SECONDS = 20.0


def test_worker_of_the_package_runs_its_tasks(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('basic_setup')
    assert '. basic_setup.tasks.add' in worker.output
    result = caller.send_task('basic_setup.tasks.add', (2, 3), queue='basic_setup')
    assert result.get(timeout=RESULT_SECONDS) == 5
    worker.wait_for(f'basic_setup.tasks.add[{result.id}]: adding 2 and 3', RESULT_SECONDS)
