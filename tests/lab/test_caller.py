"""What make faults sends last, RabbitMQ reads, too: its caller takes leave."""

from celery import Celery

from lab import servers
from lab.faults.caller import Caller
from playground.session import Session
from playground.waiting import wait_until

SECONDS = 30.0
GONE = 'client unexpectedly closed TCP connection'


def send(app: Celery, number: int) -> str:
    return str(app.send_task('nobody.knows', (number,), ignore_result=True).id)


def test_only_a_caller_that_has_finished_leaves_in_good_order(
    rabbitmq: servers.Server, session: Session
) -> None:
    def log() -> str:
        logs = [path.read_text() for path in session.folder.rglob('*.log')]
        # Other servers of the session have logs, too.
        return '\n'.join(log for log in logs if f'-> 127.0.0.1:{rabbitmq.port},' in log)

    caller = Caller(rabbitmq, {'task_default_queue': 'left'})
    with caller.app() as app:
        caller.call(app, send)
        caller.finish(app)
    assert wait_until(lambda: 'closing AMQP connection' in log(), SECONDS)
    assert GONE not in log()
    with caller.app() as app:
        caller.call(app, send)
    assert wait_until(lambda: GONE in log(), SECONDS)
    assert len(caller.accepted) == 2
