"""The Django project of production.md, chapter 2, copied, and what the chapter says of it."""

import contextlib
import dataclasses
import json
import re
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from celery import Celery
from celery.exceptions import NotRegistered
from playwright.sync_api import expect

from playground import http
from playground.browser import open_browser
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.fresh_services import fresh
from tests.live import projects
from tests.live.attack import AT_ONCE, POSTS
from tests.live.browser import require_browser
from tests.live.conftest import terminals
from tests.live.projects import Copy
from tests.page_tables import table

NAME = 'django_project'
PORT = '5572'
SECONDS = 60.0
ATTACK_SECONDS = 240.0

RunIn = Callable[[Copy, str], Terminal]


@pytest.fixture
def run_in(session: Session) -> Iterator[RunIn]:
    """Run a command in the folder of a copy, until the test ends."""
    with terminals(session) as start:
        yield lambda copy, command: start(command, copy.environment, copy.folder)


@pytest.fixture
def services(embedded: Services) -> Iterator[Services]:
    """What the tests use that are not about the broker."""
    with fresh(embedded) as services:
        yield services


@pytest.fixture(scope='module')
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a database, for the tests to copy."""
    folder = tmp_path_factory.mktemp('migrated') / 'shop'
    copy = projects.copy_code(NAME, folder, reader_environment())
    subprocess.run(
        shlex.split(copy.commands[0]),
        cwd=folder,
        env=copy.environment,
        check=True,
        timeout=SECONDS,
        capture_output=True,
    )
    return folder


@pytest.fixture
def project(services: Services, migrated: Path, tmp_path: Path) -> Copy:
    """A copy of the project, with a database."""
    folder = shutil.copytree(migrated, tmp_path / 'my shop')
    return Copy(folder, reader_environment(services), projects.commands(NAME))


def migrate(copy: Copy, run_in: RunIn) -> None:
    terminal = run_in(copy, copy.commands[0])
    assert terminal.wait(SECONDS) == 0, terminal.output


def start_worker(copy: Copy, run_in: RunIn) -> Terminal:
    worker = run_in(copy, copy.commands[1])
    worker.wait_for(' ready.', SECONDS)
    return worker


def start_server(copy: Copy, run_in: RunIn) -> str:
    port = str(free_port())
    command = copy.commands[2]
    assert command.count(PORT) == 1
    run_in(copy, command.replace(PORT, port)).wait_for('Booting worker', SECONDS)
    return f'http://{LOOPBACK}:{port}'


def python(copy: Copy, run_in: RunIn, code: str) -> str:
    """Run a program in the project, and return what it printed."""
    (copy.folder / 'program.py').write_text(code)
    terminal = run_in(copy, 'python manage.py shell --no-imports < program.py')
    assert terminal.wait(SECONDS) == 0, terminal.output
    return terminal.output


def append(copy: Copy, path: str, code: str) -> None:
    with (copy.folder / path).open('a') as file:
        file.write(code)


def waiting(copy: Copy) -> int:
    """Count the orders that are not packed."""
    with contextlib.closing(sqlite3.connect(copy.folder / 'db.sqlite3')) as database:
        [count] = database.execute(
            "SELECT count(*) FROM tea_orders_order WHERE parcel = ''"
        ).fetchone()
    return int(count)


def test_a_copy_runs_by_its_readme_and_loses_no_order(
    chosen: Services, tmp_path: Path, run_in: RunIn
) -> None:
    copy = projects.copy(NAME, tmp_path / 'my shop', reader_environment(chosen))
    migrate(copy, run_in)
    start_worker(copy, run_in)
    url = start_server(copy, run_in)
    answers = projects.post(f'{url}/orders', POSTS, AT_ONCE, data={'item': 'tea'})
    print(f'the slowest took {max(answer.seconds for answer in answers):.2f} s')
    assert {answer.status for answer in answers} == {HTTPStatus.ACCEPTED}
    orders = {json.loads(answer.body)['id'] for answer in answers}
    assert len(orders) == POSTS
    assert wait_until(lambda: not waiting(copy), ATTACK_SECONDS), f'{waiting(copy)} wait'
    with Celery('caller', broker=chosen.broker_url, backend=chosen.result_backend) as caller:
        caller.set_current = lambda: None
        results = [caller.AsyncResult(order) for order in orders]
        assert wait_until(lambda: all(each.state == 'SUCCESS' for each in results), SECONDS)


EARLY = """
def place_too_early(request):
    order = Order.objects.create(item='tea')
    result = pack.delay(str(order.id))
    result.get(timeout=20, propagate=False)
    return JsonResponse({'id': order.id, 'error': repr(result.result)}, status=202)


def place_and_fail(request):
    order = Order.objects.create(item='tea')
    assert pack.delay_on_commit(str(order.id)) is None
    raise ValueError('the card is refused')


def place_and_count(request):
    from tea_orders.tasks import count_waiting

    return JsonResponse({'waiting': count_waiting.delay().get(timeout=20)})
"""


def add_views(copy: Copy, code: str) -> None:
    """Add views to the project, each at a path of its name."""
    append(copy, 'tea_orders/views.py', code)
    for name in re.findall(r'^def (\w+)', code, re.MULTILINE):
        append(copy, 'teashop/urls.py', f"urlpatterns.append(path('{name}', views.{name}))\n")


def test_a_task_sent_in_a_transaction_does_not_find_the_order(project: Copy, run_in: RunIn) -> None:
    """Each view is a transaction here; the page has one of its own."""
    append(project, 'teashop/settings.py', "DATABASES['default']['ATOMIC_REQUESTS'] = True\n")
    add_views(project, EARLY)
    worker = start_worker(project, run_in)
    url = start_server(project, run_in)
    status, answer = http.request(f'{url}/place_too_early')
    early = json.loads(answer)
    assert status == HTTPStatus.ACCEPTED
    assert early['error'].startswith('DoesNotExist(')
    assert waiting(project) == 1
    assert json.loads(http.request(f'{url}/orders/{early["id"]}')[1]) == {'state': 'PENDING'}

    [placed] = projects.post(f'{url}/orders', 1, 1, data={'item': 'tea'})
    order = json.loads(placed.body)['id']
    expected = {'state': 'SUCCESS', 'parcel': 'a parcel of tea'}

    def is_packed() -> bool:
        return bool(json.loads(http.request(f'{url}/orders/{order}')[1]) == expected)

    assert wait_until(is_packed, SECONDS)

    before = worker.output.count('tasks.pack[')
    assert http.request(f'{url}/place_and_fail')[0] == HTTPStatus.INTERNAL_SERVER_ERROR
    assert json.loads(http.request(f'{url}/place_and_count')[1]) == {'waiting': 1}
    assert worker.output.count('tasks.pack[') == before


LAYOUTS = table('a task in', 'why nothing finds it', 'what finds it')
TASK = """
from celery import shared_task


@shared_task
def {name}():
    return '{name}'
"""
INSTALLED = {'coffee', 'juices', 'milk'}
OWN_TASKS = {'tea_orders.tasks.count_waiting', 'tea_orders.tasks.pack'}


def add_layouts(copy: Copy) -> dict[str, str]:
    """Write a module with one task for each row of the table; its module is in the keys."""
    found = {}
    for path, _, cure in LAYOUTS:
        module = Path(path).with_suffix('')
        for folder in list(module.parents)[:-1]:
            (copy.folder / folder).mkdir(parents=True, exist_ok=True)
            (copy.folder / folder / '__init__.py').touch()
        name = f'task_of_{module.parts[0]}'
        append(copy, path, TASK.format(name=name))
        found['.'.join([*module.parts, name])] = cure
    append(copy, 'teashop/settings.py', f'INSTALLED_APPS += {sorted(INSTALLED)}\n')
    return found


def apply(copy: Copy, cure: str) -> None:
    """Do what a cell of the table says."""
    if cure.startswith('app.'):
        append(copy, 'teashop/celery.py', f'{cure}\n')
    elif cure.startswith('INSTALLED_APPS'):
        append(copy, 'teashop/settings.py', f'{cure}\n')
    else:
        code, _, path = cure.partition(' in ')
        append(copy, path, f'{code}\n')


def registered(caller: Celery) -> set[str]:
    """Ask the one worker for its tasks."""
    answers: list[dict[str, list[str]]] = []

    def answered() -> bool:
        answers[:] = [caller.control.inspect(timeout=1, limit=1).registered() or {}]
        return bool(answers[0])

    assert wait_until(answered, SECONDS)
    [tasks] = answers[0].values()
    return set(tasks)


def test_layouts_in_which_a_task_is_not_found(
    project: Copy, services: Services, run_in: RunIn
) -> None:
    layouts = add_layouts(project)
    worker = start_worker(project, run_in)
    with Celery('caller', broker=services.broker_url, backend=services.result_backend) as caller:
        caller.set_current = lambda: None
        assert registered(caller) == OWN_TASKS
        assert not [name for name in layouts if name in worker.output]
        assert 'Error' not in worker.output
        lost = next(iter(layouts))
        with pytest.raises(NotRegistered):
            caller.send_task(lost, queue='teashop').get(timeout=SECONDS)
        worker.wait_for(f"Received unregistered task of type '{lost}'", SECONDS)
        worker.kill()
        for cure in dict.fromkeys(layouts.values()):
            apply(project, cure)
        start_worker(project, run_in)
        assert registered(caller) == OWN_TASKS | set(layouts)


@pytest.mark.parametrize('scheme', ['amqp', 'redis'])
def test_a_broker_that_is_away_leaves_an_order_without_a_task(
    project: Copy, run_in: RunIn, scheme: str
) -> None:
    nowhere = f'{scheme}://{LOOPBACK}:{free_port()}'
    environment = {**project.environment, 'CELERY_BROKER_URL': nowhere}
    url = start_server(dataclasses.replace(project, environment=environment), run_in)
    [refused] = projects.post(f'{url}/orders', 1, 1, data={'item': 'tea'})
    assert refused.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert 'OperationalError' in refused.body
    assert waiting(project) == 1


def test_without_the_import_in_the_project_a_task_goes_to_another_queue(
    project: Copy, run_in: RunIn
) -> None:
    """Not ``celery -A``, which imports the app itself, but the server calls it so."""
    code = 'from tea_orders.tasks import pack; print(pack.app.conf.task_default_queue)'
    assert python(project, run_in, code) == 'teashop\n'
    (project.folder / 'teashop' / '__init__.py').write_text('')
    assert python(project, run_in, code) == 'celery\n'


def test_the_variable_wins_over_the_setting_of_the_same_name(
    project: Copy, services: Services, run_in: RunIn
) -> None:
    append(project, 'teashop/settings.py', "CELERY_RESULT_BACKEND = 'django-db'\n")
    code = 'from teashop import celery_app; print(celery_app.conf.result_backend)'
    assert python(project, run_in, code) == f'{services.result_backend}\n'
    environment = dict(project.environment)
    del environment['CELERY_RESULT_BACKEND']
    alone = dataclasses.replace(project, environment=environment)
    assert python(alone, run_in, code) == 'django-db\n'


CONNECTIONS = """
from django.db.backends.signals import connection_created

opened = []
connection_created.connect(lambda **kwargs: opened.append(kwargs), weak=False)


@shared_task
def count_connections():
    Order.objects.count()
    return len(opened)
"""


@pytest.mark.parametrize('pool', ['solo', 'prefork', 'threads'])
def test_each_task_opens_a_connection_whatever_django_may_keep(
    project: Copy, run_in: RunIn, pool: str
) -> None:
    append(project, 'tea_orders/tasks.py', CONNECTIONS)
    append(project, 'teashop/settings.py', "DATABASES['default']['CONN_MAX_AGE'] = 600\n")
    worker = run_in(project, f'{project.commands[1]} -c 1 -P {pool}')
    worker.wait_for(' ready.', SECONDS)
    code = """
from tea_orders.tasks import count_connections
print([count_connections.delay().get(timeout=20) for _ in range(3)])
"""
    first, second, third = json.loads(python(project, run_in, code))
    assert (second, third) == (first + 1, first + 2)


READ_THEN_WRITE = """
import threading
from django.db import OperationalError, connection, transaction
from tea_orders.models import Order

outcomes = []


def add(own, other):
    try:
        with transaction.atomic():
            Order.objects.count()
            own.set()
            other.wait(1)
            Order.objects.create(item='tea')
        outcomes.append('saved')
    except OperationalError as error:
        outcomes.append(str(error))
    connection.close()


first, second = threading.Event(), threading.Event()
threads = [threading.Thread(target=add, args=pair) for pair in ((first, second), (second, first))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*sorted(outcomes), sep=', ')
"""


def test_a_transaction_of_sqlite_waits_for_another(project: Copy, run_in: RunIn) -> None:
    assert python(project, run_in, READ_THEN_WRITE) == 'saved, saved\n'
    append(project, 'teashop/settings.py', "del DATABASES['default']['OPTIONS']\n")
    assert python(project, run_in, READ_THEN_WRITE) == 'database is locked, saved\n'


CHANGES = """
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import SCHEDULE_SYNC_MAX_INTERVAL, DatabaseScheduler
from teashop import celery_app

second = IntervalSchedule.objects.create(every=1, period='seconds')


def add(name):
    task = 'tea_orders.tasks.count_waiting'
    return PeriodicTask.objects.create(name=name, task=task, interval=second)


class Beat(DatabaseScheduler):
    def install_default_entries(self, data):
        add('first')  # it has read the entries
        super().install_default_entries(data)


beat = Beat(app=celery_app)
print('first' in beat.schedule)
later = add('second')
print({'first', 'second'} <= beat.schedule.keys())
PeriodicTask.objects.filter(name='second').update(enabled=False)
print('second' in beat.schedule)
later.refresh_from_db()
later.save()
print('second' in beat.schedule)
print(SCHEDULE_SYNC_MAX_INTERVAL)
"""


def test_beat_overlooks_a_change_as_it_starts_and_one_without_a_signal(
    project: Copy, run_in: RunIn
) -> None:
    assert python(project, run_in, CHANGES).split() == ['False', 'True', 'True', 'False', '300']


def test_a_schedule_made_in_a_browser_runs_and_its_result_is_found(
    project: Copy, session: Session, run_in: RunIn
) -> None:
    require_browser()
    copy = dataclasses.replace(
        project, environment={**project.environment, 'CELERY_RESULT_BACKEND': 'django-db'}
    )
    created = run_in(
        copy,
        'DJANGO_SUPERUSER_PASSWORD=pass1234 python manage.py createsuperuser'
        ' --noinput --username chris --email chris@example.com',
    )
    assert created.wait(SECONDS) == 0, created.output
    worker = start_worker(copy, run_in)
    url = f'{start_server(copy, run_in)}/admin'
    with open_browser(session) as browser:
        page = browser.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(url)
        page.get_by_label('Username').fill('chris')
        page.get_by_label('Password').fill('pass1234')
        page.get_by_role('button', name='Log in').click()
        page.goto(f'{url}/django_celery_beat/intervalschedule/add/')
        page.get_by_label('Number of Periods').fill('1')
        page.get_by_label('Interval Period').select_option('seconds')
        page.get_by_role('button', name='Save', exact=True).click()
        expect(page.locator('.success')).to_contain_text('added successfully')
        page.goto(f'{url}/django_celery_beat/periodictask/add/')
        page.get_by_label('Name').fill('waiting orders')
        page.get_by_label('Task (registered)').select_option('tea_orders.tasks.count_waiting')
        page.get_by_label('Interval Schedule').select_option('every second')
        page.get_by_role('button', name='Save', exact=True).click()
        expect(page.locator('.success')).to_contain_text('added successfully')
        beat = run_in(copy, 'celery -A teashop beat -l info')
        beat.wait_for('Sending due task waiting orders', SECONDS)
        worker.wait_for('Task tea_orders.tasks.count_waiting[', SECONDS)
        worker.wait_for('succeeded in', SECONDS)
        page.goto(f'{url}/django_celery_results/taskresult/')
        row = page.get_by_role('row').filter(has_text='tea_orders.tasks.count_waiting').first
        expect(row).to_contain_text('waiting orders')
        expect(row).to_contain_text('SUCCESS')
