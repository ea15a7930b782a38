"""What a program is told that calls tasks, and that the cure goes through: troubleshooting.md."""

import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from celery import Celery, Task, chord
from celery.exceptions import DuplicateTaskNameWarning
from kombu.exceptions import OperationalError

from playground.ports import LOOPBACK
from playground.terminal import reader_environment

SECONDS = 30.0
# Nobody listens there.
NOBODY = f'{LOOPBACK}:9'
PASSWORD = 'p/ss#1'

Call = Callable[[], object]


def program(broker: str = 'memory://', backend: str = 'cache+memory://') -> tuple[Celery, Task]:
    """An app in this process, whose broker and results are in its memory unless told otherwise."""
    app = Celery('program', broker=broker, backend=backend, set_as_current=False)
    app.conf.result_backend_transport_options = {'retry_policy': {'timeout': 0.1}}

    @app.task(name='program.hello', shared=False)
    def hello(name: str) -> str:
        return name

    return app, hello


def sends(broker: str = 'memory://', backend: str = 'cache+memory://') -> Call:
    return lambda: program(broker, backend)[1].delay('Bob')


APP, HELLO = program()
_, BARE = program(backend='disabled')


def old_and_new(**further: str) -> object:
    app = Celery('mixed', broker='memory://', set_as_current=False)
    settings = {'CELERY_RESULT_BACKEND': 'rpc://', 'task_serializer': 'json', **further}
    app.config_from_object(settings)
    return app.conf.result_backend


def new_only() -> object:
    app = Celery('new', broker='memory://', set_as_current=False)
    app.config_from_object({'result_backend': 'rpc://', 'task_serializer': 'json'})
    return app.conf.result_backend


def in_zone(timezone: str) -> Call:
    app = Celery('zone', broker='memory://', set_as_current=False)
    app.conf.timezone = timezone
    return lambda: app.timezone


def failure_by_hand() -> object:
    HELLO.update_state('by-hand', 'FAILURE', meta={'why': 'no paper'})
    return APP.AsyncResult('by-hand').state


def state_of_ones_own() -> object:
    HELLO.update_state('by-name', 'NO PAPER', meta={'why': 'no paper'})
    return APP.AsyncResult('by-name').state


# What the program is told, how it comes to that, and the same call without the mistake.
MISTAKES: list[tuple[str, Call, Call]] = [
    (
        "TypeError: hello() missing 1 required positional argument: 'name'",
        lambda: HELLO.delay(),
        lambda: HELLO.delay('Bob'),
    ),
    (
        'TypeError: hello() takes 1 positional argument but 3 were given',
        lambda: HELLO.apply_async('Bob'),
        lambda: HELLO.apply_async(('Bob',)),
    ),
    (
        'TypeError: task args must be a list or tuple',
        lambda: HELLO.apply_async('B'),
        lambda: HELLO.apply_async(['B']),
    ),
    (
        'kombu.exceptions.EncodeError: Object of type set is not JSON serializable',
        lambda: HELLO.delay({'Bob'}),
        lambda: HELLO.delay(['Bob']),
    ),
    (
        "TypeError: '<' not supported between instances of 'str' and 'int'",
        lambda: HELLO.apply_async(('Bob',), countdown='5'),
        lambda: HELLO.apply_async(('Bob',), countdown=5),
    ),
    (
        "TypeError: unsupported operand type(s) for |: 'AsyncResult' and 'Signature'",
        lambda: HELLO.delay('Bob') | HELLO.s(),
        lambda: (HELLO.s('Bob') | HELLO.s()).delay(),
    ),
    (
        'NotImplementedError: No result backend is configured.',
        lambda: BARE.delay('Bob').get(timeout=SECONDS),
        lambda: HELLO.delay('Bob').state,
    ),
    (
        "AttributeError: 'DisabledBackend' object has no attribute '_get_task_meta_for'",
        lambda: BARE.delay('Bob').state,
        lambda: HELLO.delay('Bob').state,
    ),
    (
        'NotImplementedError: Starting chords requires a result backend to be configured.',
        lambda: chord([BARE.s('Bob')], app=BARE.app)(BARE.s()),
        lambda: chord([HELLO.s('Bob'), HELLO.s('Eve')], app=APP)(HELLO.s()),
    ),
    (
        'ValueError: Exception information must include the exception type',
        failure_by_hand,
        state_of_ones_own,
    ),
    (
        "TypeError: can't compare offset-naive and offset-aware datetimes",
        lambda: datetime.now() < APP.now(),
        lambda: datetime.now(UTC) < APP.now(),
    ),
    (
        'Cannot mix new and old setting keys, please rename the\n'
        'following settings to the new format:\n\n'
        'CELERY_RESULT_BACKEND                -> result_backend',
        old_and_new,
        new_only,
    ),
    (
        'Cannot mix new setting names with old setting names, please\n'
        'rename the following settings to use the old format:\n\n'
        'task_serializer                      -> CELERY_TASK_SERIALIZER',
        lambda: old_and_new(CELERY_TIMEZONE='UTC'),
        new_only,
    ),
    (
        "KeyError: 'No such transport: rabbitmq.  Did you mean librabbitmq?'",
        sends('rabbitmq://localhost//'),
        sends('memory://'),
    ),
    (
        "KeyError: 'No such transport: '",
        sends("'memory://'"),
        sends('memory://'),
    ),
    (
        "ValueError: Port could not be cast to integer value as 'p'",
        sends(f'amqp://bob:{PASSWORD}@localhost//'),
        lambda: program(f'amqp://bob:{quote(PASSWORD, safe="")}@localhost//')[0].connection(),
    ),
    (
        'A rediss:// URL must have parameter ssl_cert_reqs and this must be set to CERT_REQUIRED,'
        ' CERT_OPTIONAL, or CERT_NONE',
        sends(backend=f'rediss://{NOBODY}/'),
        lambda: program(backend=f'rediss://{NOBODY}/?ssl_cert_reqs=CERT_REQUIRED')[0].backend,
    ),
    (
        "celery.exceptions.ImproperlyConfigured: Unknown result backend: 'amqp'.",
        sends(backend='amqp://'),
        lambda: program(backend='rpc://')[0].backend,
    ),
    (
        'celery.exceptions.TimeoutError: The operation timed out.',
        lambda: HELLO.delay('Bob').get(timeout=0.1),
        lambda: HELLO.delay('Bob').state,
    ),
    (
        'Retry limit exceeded while trying to reconnect to the Celery result store\n'
        'backend. The Celery application must be restarted.',
        sends(backend=f'redis://{NOBODY}/'),
        lambda: program(backend=f'redis://{NOBODY}/')[1].apply_async(('Bob',), ignore_result=True),
    ),
    (
        'kombu.exceptions.OperationalError: [Errno 111] Connection refused',
        sends(f'amqp://{NOBODY}//'),
        sends('memory://'),
    ),
    (
        f'kombu.exceptions.OperationalError: Error 111 connecting to {NOBODY}. Connection refused.',
        sends(f'redis://{NOBODY}/'),
        sends('memory://'),
    ),
    (
        "ZoneInfoNotFoundError: 'No time zone found with key Europe/Nowhere'",
        in_zone('Europe/Nowhere'),
        in_zone('Europe/Paris'),
    ),
]


@pytest.mark.parametrize(
    ('message', 'wrong', 'right'), MISTAKES, ids=[message for message, _, _ in MISTAKES]
)
def test_what_a_program_is_told(message: str, wrong: Call, right: Call) -> None:
    try:
        wrong()
    except Exception:
        assert message in traceback.format_exc()
    else:
        pytest.fail(f'nothing was said, in place of: {message}')
    right()


def test_older_kombu_said_more_of_a_refused_connection() -> None:
    """The last line of its traceback is the same."""
    with pytest.raises(OperationalError) as refused:
        sends(f'amqp://{NOBODY}//')()
    text = ''.join(traceback.format_exception(refused.value))
    assert "AttributeError: 'ChannelPromise' object has no attribute '__value__'" not in text
    assert text.endswith('kombu.exceptions.OperationalError: [Errno 111] Connection refused\n')


def test_a_name_that_only_containers_know() -> None:
    with pytest.raises(OperationalError) as unknown:
        sends('amqp://rabbitmq.invalid//')()
    assert str(unknown.value) in (
        '[Errno -2] Name or service not known',
        '[Errno -3] Temporary failure in name resolution',
    )
    sends('memory://')()


def test_two_tasks_with_one_name() -> None:
    app, _ = program()
    app.task(name='program.hello', shared=False)(lambda name: 'of the second')
    with pytest.warns(DuplicateTaskNameWarning) as warned:
        answer = app.tasks['program.hello']('Bob')
    assert answer == 'Bob'
    assert f'{warned[0].category.__name__}: {warned[0].message}'.startswith(
        "DuplicateTaskNameWarning: Task name 'program.hello' is already registered to a different"
        ' callable.'
    )


@pytest.mark.parametrize(
    ('missing', 'broker', 'message'),
    [
        (['redis'], 'memory://', "ModuleNotFoundError: No module named 'redis'"),
        (['redis', 'packaging'], 'redis://', "ModuleNotFoundError: No module named 'packaging'"),
        (['redis'], 'redis://', "AttributeError: 'NoneType' object has no attribute 'Redis'"),
    ],
)
def test_redis_without_its_package(missing: list[str], broker: str, message: str) -> None:
    """Python is told that there is no such package."""
    without = f"""
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name in {missing}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)
sys.meta_path.insert(0, Without())
from celery import Celery
app = Celery('program', broker='{broker}', backend='redis://localhost/')
app.send_task('program.hello')
"""
    said = subprocess.run(
        [sys.executable, '-c', without],
        env=reader_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    ).stderr
    assert message in said.splitlines()[-1]
