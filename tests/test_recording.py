"""The recorder of make timeline, told events that are made up and come in any order."""

import pytest
from celery import Celery
from celery.result import AsyncResult, GroupResult

from playground.errors import PlaygroundError
from playground.timeline import recording
from playground.timeline.recording import FAILURE, PROCESS_EVENT, Bar, Event, Recording, record

CALL = 100.0
PROCESS = 'ForkPoolWorker-1'


@pytest.fixture
def app() -> Celery:
    """An app without a worker."""
    return Celery('made up', broker='memory://', backend='cache+memory://')


def result_of_a_chord(app: Celery) -> AsyncResult:
    """The result of a task, then two at the same time, then a last one."""
    first = AsyncResult('first', app=app)
    header = [AsyncResult(name, app=app) for name in ('left', 'right')]
    return AsyncResult('last', app=app, parent=GroupResult('header', header, first, app=app))


def history(task: str, begin: float, end: str = 'task-succeeded') -> list[Event]:
    """All events of a task that takes half a second."""
    return [
        {'uuid': task, 'type': 'task-received', 'name': f'app.{task}'},
        {'uuid': task, 'type': PROCESS_EVENT, 'process': PROCESS},
        {'uuid': task, 'type': 'task-started', 'timestamp': CALL + begin},
        {'uuid': task, 'type': end, 'timestamp': CALL + begin + 0.5},
    ]


CHORD = [*history('first', 0), *history('left', 1), *history('right', 1), *history('last', 2)]
BARS = [
    Bar('first', PROCESS, 0, 0.5),
    Bar('left', PROCESS, 1, 1.5),
    Bar('right', PROCESS, 1, 1.5),
    Bar('last', PROCESS, 2, 2.5),
]


@pytest.mark.parametrize('latest', range(len(CHORD)), ids=lambda number: CHORD[number]['type'])
def test_it_is_over_with_the_latest_event_whichever_it_is(app: Celery, latest: int) -> None:
    run = Recording(result_of_a_chord(app))
    for event in CHORD[:latest] + CHORD[latest + 1 :]:
        run.hear(event)
        assert not run.is_over()
    run.hear(CHORD[latest])
    assert run.is_over()
    assert run.bars(CALL) == BARS


@pytest.mark.parametrize('late', ['first', 'left', 'right', 'last'])
def test_a_task_of_which_nothing_was_heard_is_waited_for(app: Celery, late: str) -> None:
    run = Recording(result_of_a_chord(app))
    for event in sorted(CHORD, key=lambda event: event['uuid'] == late):
        assert not run.is_over()
        run.hear(event)
    assert run.is_over()
    assert run.bars(CALL) == BARS


def test_what_would_have_run_after_a_failure_is_not_waited_for(app: Celery) -> None:
    run = Recording(result_of_a_chord(app))
    events = [*history('left', 1), *history('right', 1, FAILURE), *history('first', 0)]
    for event in events:
        assert not run.is_over()
        run.hear(event)
    assert run.is_over()
    assert run.bars(CALL) == BARS[:3]


def test_events_of_others_are_no_bars(app: Celery) -> None:
    run = Recording(AsyncResult('first', app=app))
    for event in [{'type': 'worker-heartbeat'}, *history('other', 0), *history('first', 0)]:
        assert not run.is_over()
        run.hear(event)
    assert run.is_over()
    assert run.bars(CALL) == BARS[:1]


def test_a_worker_that_sends_nothing_is_not_waited_for_without_end(
    app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, 'SECONDS', 1.0)
    with pytest.raises(PlaygroundError, match='not ended within 1 seconds'):
        record(app, app.signature('add'))
