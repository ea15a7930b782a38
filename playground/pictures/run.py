"""make pictures: tasks of the notes run on docker-compose.yml's services, and are shown."""

import sys

from celery import Celery
from playwright.sync_api import Browser, Error

from playground import docker
from playground.browser import open_browser
from playground.errors import PlaygroundError
from playground.pictures import pages
from playground.pictures.drawing import draw
from playground.pictures.screen import Screen
from playground.ports import free_port
from playground.services import compose
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment

COLUMNS = 120
DEMO_ROWS = 100
# The screen shows the tasks of the last events, ten fewer than it has rows: of each task, three.
EVENTS_ROWS = 30
SECONDS = 60.0
DEMO_SECONDS = 120.0

WORKERS = {
    'w1@localhost': '-A vege worker -c 2',
    'w2@localhost': '-A vege2 worker -c 1 -Q queue1',
    'slow@localhost': '-A examples.slow worker -c 1',
}
NAMES = ('Chris', 'Mark', 'Rick')
# How many lines of the events' screen have each.
EVENTS = {
    'vege.hello': len(NAMES) + 1,
    'vege2.hello': 1,
    'examples.slow.wait': 2,
    'SUCCESS': len(NAMES) + 1,
    'FAILURE': 1,
    'STARTED': 1,
    'RECEIVED': 1,
}


def run() -> int:
    """Take all pictures.

    Raises:
        PlaygroundError: a browser or Docker is missing, or something is not shown in time.
    """
    docker.check()
    with Session() as session, open_browser(session) as browser:
        _take_demo(session)
        services = compose.start_own(session)
        try:
            _take_monitors(session, services, browser)
        except (AssertionError, Error) as error:
            raise PlaygroundError(
                f'a page did not show what is to be seen ({str(error).splitlines()[0]}):'
                ' run this again when the machine has less to do'
            ) from None
    return 0


def _take_monitors(session: Session, services: Services, browser: Browser) -> None:
    environment = reader_environment(services)
    for node, options in WORKERS.items():
        command = f'celery {options} -l info -E -n {node}'
        Terminal(session, node, command, environment).wait_for(' ready.', SECONDS)
    events = Screen(session, 'celery -A vege events', environment, EVENTS_ROWS, COLUMNS)
    events.wait_for(dict.fromkeys(WORKERS, 1), SECONDS)
    page = pages.open_page(browser, services)
    pages.wait_for_workers(page, services, WORKERS)
    task = _call_tasks(services)
    events.wait_for(EVENTS, SECONDS)
    draw('celery-events', 'celery -A vege events', COLUMNS, events.lines())
    pages.take_workers(page, services, succeeded=len(NAMES) + 1)
    pages.take_task(page, services, task)
    pages.take_queues(page, services, {'slow': 1, 'queue2': 3})


def _take_demo(session: Session) -> None:
    """Run the demo where no services of docker-compose.yml answer, as for a newcomer."""
    environment = {
        **reader_environment(),
        'PYTHON': sys.executable,
        'TMPDIR': '/tmp',
        'NOTES_RABBITMQ_PORT': str(free_port()),
    }
    demo = Screen(session, 'make demo', environment, DEMO_ROWS, COLUMNS)
    demo.wait_for_the_end(DEMO_SECONDS)
    draw('demo', 'make demo', COLUMNS, demo.lines())


def _call_tasks(services: Services) -> str:
    """Call tasks of the notes: some succeed, one fails, one runs, some wait.

    Returns:
        The id of one that succeeds.
    """
    with Celery(broker=services.broker_url, backend=services.result_backend) as app:
        called = [app.send_task('vege.hello', (name,)) for name in NAMES]
        called.append(app.send_task('vege.hello', ('Chris', 'Mark')))
        called.append(app.send_task('vege2.hello', ('there',), queue='queue1'))
        for result in called:
            result.get(timeout=SECONDS, propagate=False)
        # Nobody takes what is in queue2.
        for _ in range(3):
            app.send_task('vege2.add', (5, 5), queue='queue2')
        for seconds in (600, 5):
            app.send_task('examples.slow.wait', (seconds,), queue='slow')
        return str(called[0].id)
