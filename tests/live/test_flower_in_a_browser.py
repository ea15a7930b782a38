"""Flower as a person uses it: README.md, chapter 9, in a real browser.

On compose it is the Flower of docker-compose.yml, elsewhere one of the playground's.
"""

import contextlib
import json
import re
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from celery import Celery
from flower.urls import handlers
from playwright.sync_api import Browser, Page, expect
from tornado.routing import URLSpec

from playground import flower, http
from playground.browser import find, open_browser
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.browser import require_browser
from tests.live.conftest import StartWorker, node

SECONDS = 60.0
# A page fills its table once it is loaded.
FILLED_MILLISECONDS = 2000.0

expect.set_options(timeout=SECONDS * 1000)

OpenPage = Callable[[str], Page]


@pytest.fixture(scope='module')
def browser(session: Session) -> Iterator[Browser]:
    require_browser()
    with open_browser(session) as browser:
        yield browser


@contextlib.contextmanager
def own_flower(services: Services, options: str = '') -> Iterator[str]:
    """Start a Flower that looks at the services, and say where it is."""
    with Session() as session:
        port = free_port()
        terminal = flower.start(session, services, port, options)
        terminal.wait_for('Visit me at', flower.START_SECONDS)
        yield f'http://{LOOPBACK}:{port}'


@pytest.fixture(scope='module')
def flower_url(started: Services) -> Iterator[str]:
    if started.flower_url:
        yield started.flower_url
        return
    with own_flower(started) as url:
        yield url


@pytest.fixture
def running(started: Services) -> Services:
    """Not a vhost for each test: the Flower of docker-compose.yml looks at the notes' own."""
    return started


@pytest.fixture
def open_page(browser: Browser, started: Services) -> Iterator[OpenPage]:
    """Open a page as one who has typed the user and the password."""
    user, _, password = started.credentials.partition(':')
    context = browser.new_context(http_credentials={'username': user, 'password': password})
    context.set_default_timeout(SECONDS * 1000)

    def open_page(url: str) -> Page:
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    context.close()


@pytest.fixture
def worker(start_worker: StartWorker) -> Terminal:
    return start_worker('vege', '-c 1 -E')


def wait_for_row(page: Page, *texts: str) -> None:
    """Load a page again until one row of its table has all these texts."""
    row = page.get_by_role('row')
    for text in texts:
        row = row.filter(has_text=text)

    def is_there() -> bool:
        page.reload()
        with contextlib.suppress(AssertionError):
            expect(row).to_have_count(1, timeout=FILLED_MILLISECONDS)
        return row.count() == 1

    assert wait_until(is_there, SECONDS), f'no row with {texts} in:\n{page.inner_text("main")}'


def open_worker(page: Page, flower_url: str, name: str) -> None:
    """Open a worker's page, whole: the worker may answer Flower's questions one by one."""

    def is_there() -> bool:
        page.goto(f'{flower_url}/worker/{name}')
        return page.locator('#workername').count() == page.locator('#worker-queues tr').count() == 1

    assert wait_until(is_there, SECONDS), page.inner_text('main')
    expect(page.locator('#workername')).to_have_text(name)


@pytest.mark.parametrize('password', ['1234pass', ''])
def test_a_wrong_password_is_refused(
    browser: Browser, started: Services, flower_url: str, password: str
) -> None:
    user = started.credentials.partition(':')[0]
    with browser.new_context(http_credentials={'username': user, 'password': password}) as context:
        page = context.new_page()
        answer = page.goto(f'{flower_url}/workers')
        assert answer is not None
        assert answer.status == HTTPStatus.UNAUTHORIZED
        expect(page.locator('body')).to_have_text('Access denied')


def test_who_logs_in_sees_the_workers(
    open_page: OpenPage, flower_url: str, worker: Terminal, start_worker: StartWorker
) -> None:
    other = start_worker('examples.slow', '-c 1 -E')
    page = open_page(flower_url)
    for each in (worker, other):
        row = page.locator('#workers-table').get_by_role('row').filter(has_text=node(each))
        expect(row).to_contain_text('Online')


def test_a_task_shows_its_arguments_and_its_result(
    open_page: OpenPage,
    open_terminal: Callable[[str], Terminal],
    flower_url: str,
    worker: Terminal,
) -> None:
    page = open_page(flower_url)
    expect(page.locator('#workers-table')).to_contain_text(node(worker))
    name = f'Chris {uuid.uuid4().hex}'
    call = open_terminal(f'python -c "from vege import hello; print(hello.delay({name!r}).id)"')
    assert call.wait(SECONDS) == 0, call.output
    identifier = call.output.strip()
    page.get_by_role('link', name='Tasks').click()
    wait_for_row(page, 'vege.hello', identifier, 'SUCCESS', node(worker))
    page.get_by_role('link', name=identifier).click()
    details = page.locator('.detail-row')
    expect(details.filter(has_text=re.compile('^\\s*Arguments'))).to_contain_text(f"('{name}',)")
    expect(details.filter(has_text='Result')).to_contain_text(f"'hello {name}'")
    expect(details.filter(has_text='Status')).to_contain_text('SUCCESS')


@pytest.fixture
def queue(caller: Celery) -> Iterator[str]:
    queue = f'waiting-{uuid.uuid4().hex[:8]}'
    yield queue
    with caller.connection_for_write() as connection:
        connection.default_channel.queue_delete(queue)


def test_the_broker_tab_counts_the_messages_that_wait(
    open_page: OpenPage,
    flower_url: str,
    started: Services,
    caller: Celery,
    start_worker: StartWorker,
    queue: str,
) -> None:
    worker = start_worker('vege', f'-c 1 -E -Q {queue}')
    page = open_page(flower_url)
    # Flower shows the queues of the workers that it knows, those that have ended included.
    open_worker(page, flower_url, node(worker))
    worker.press_control_c()
    worker.wait(SECONDS)
    for _ in range(3):
        caller.send_task('vege.hello', queue=queue)
    page.get_by_role('link', name='Broker').click()
    table = page.get_by_role('table')
    expect(table.get_by_role('columnheader')).to_contain_text(['Queue', 'Messages', 'Ready'])

    def counts() -> list[str]:
        page.reload()
        return table.get_by_role('row').filter(has_text=queue).get_by_role('cell').all_inner_texts()

    # RabbitMQ counts every five seconds; of Redis, Flower asks for the length of a list only.
    ready = '3' if started.has_rabbitmq else '—'
    assert wait_until(lambda: counts()[1:4:2] == ['3', ready], SECONDS), counts()


def test_the_api_wants_the_password(started: Services, flower_url: str) -> None:
    for path in ('workers', 'tasks', 'task/types', 'queues/length'):
        refused, _ = http.request(f'{flower_url}/api/{path}')
        answered, answer = http.request(f'{flower_url}/api/{path}', started.credentials)
        assert (refused, answered) == (HTTPStatus.UNAUTHORIZED, HTTPStatus.OK)
        json.loads(answer)


def test_health_and_numbers_are_open_to_all(
    browser: Browser, flower_url: str, worker: Terminal
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f'{flower_url}/healthcheck')
        expect(page.locator('body')).to_have_text('OK')
        line = f'flower_worker_online{{worker="{node(worker)}"}} 1.0'

        def is_counted() -> bool:
            page.goto(f'{flower_url}/metrics')
            return line in page.inner_text('body')

        assert wait_until(is_counted, SECONDS), page.inner_text('body')


def test_read_only_takes_the_buttons_away(
    open_page: OpenPage,
    flower_url: str,
    started: Services,
    caller: Celery,
    start_worker: StartWorker,
) -> None:
    slow = start_worker('examples.slow', '-c 1 -E')
    with own_flower(started, '--read-only') as read_only_url:
        pages = {url: open_page(url) for url in (flower_url, read_only_url)}
        for page in pages.values():
            expect(page.locator('#workers-table')).to_contain_text(node(slow))
        task = caller.send_task('examples.slow.wait', (SECONDS,), queue='slow').id
        buttons: dict[str, set[str]] = {}
        for url, page in pages.items():
            page.goto(f'{url}/tasks')
            wait_for_row(page, task, 'STARTED')
            page.get_by_role('link', name=task).click()
            expect(page.locator('.task-uuid-value')).to_contain_text(task)
            expect(page.locator('main')).to_contain_text(f'({SECONDS},)')
            of_the_task = page.locator('.detail-actions button').all_text_contents()
            open_worker(page, url, node(slow))
            of_the_worker = page.locator('main button').all_text_contents()
            buttons[url] = {' '.join(text.split()) for text in [*of_the_task, *of_the_worker]}
    assert buttons[flower_url] >= {'Terminate', 'Shut Down', 'Grow', 'Cancel Consumer'}
    assert buttons[read_only_url] == set()


def test_read_only_refuses_what_changes_something(
    started: Services, caller: Celery, worker: Terminal
) -> None:
    with own_flower(started, '--read-only') as url:
        answers = {
            path: http.request(f'{url}{path}', started.credentials, 'POST', '{}')
            for path in posts(node(worker))
        }
        assert '/api/worker/shutdown/' + node(worker) in answers
        refused = (HTTPStatus.FORBIDDEN, 'Read only mode is enabled')
        assert {path: answer for path, answer in answers.items() if answer != refused} == {}
        status, _ = http.request(f'{url}/api/workers', started.credentials)
        assert status == HTTPStatus.OK
    assert caller.control.ping([node(worker)], timeout=SECONDS, limit=1)


def posts(name: str) -> list[str]:
    """All paths of Flower's API that take a POST, for a worker or a task of this name."""
    specs = [handler if isinstance(handler, URLSpec) else URLSpec(*handler) for handler in handlers]
    return [
        spec.regex.pattern.rstrip('$').replace('(.+)', name)
        for spec in specs
        if spec.regex.pattern.startswith('/api/') and 'post' in vars(spec.handler_class)
    ]


def test_tasks_outlive_a_restart_of_dockers_flower(
    open_page: OpenPage,
    open_terminal: Callable[[str], Terminal],
    started: Services,
    flower_url: str,
    caller: Celery,
    worker: Terminal,
) -> None:
    if started.backend != 'compose':
        pytest.skip('the Flower of docker-compose.yml')
    page = open_page(flower_url)
    expect(page.locator('#workers-table')).to_contain_text(node(worker))
    task = caller.send_task('vege.hello', ('Chris',)).id
    page.goto(f'{flower_url}/tasks')
    wait_for_row(page, task, 'SUCCESS')
    restart = open_terminal('docker compose restart flower')
    assert restart.wait(SECONDS) == 0, restart.output

    def is_healthy() -> bool:
        with contextlib.suppress(OSError):
            return http.request(f'{flower_url}/healthcheck') == (HTTPStatus.OK, 'OK')
        return False

    assert wait_until(is_healthy, SECONDS)
    wait_for_row(page, task, 'SUCCESS')


def test_a_machine_without_a_browser_skips_and_the_ci_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('PATH', '')
    assert find() is None
    monkeypatch.delenv('CI', raising=False)
    with pytest.raises(pytest.skip.Exception, match='there is no chromium and no google-chrome'):
        require_browser()
    monkeypatch.setenv('CI', 'true')
    with pytest.raises(pytest.fail.Exception, match='there is no chromium'):
        require_browser()
