"""Long reports, and a short mail behind them. advance.md, chapter 9.

celery -A examples.long_and_short worker -l info -P threads -c 1 -n first@localhost
celery -A examples.long_and_short shell
"""

import time

from celery import Celery, Task


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'long_and_short'
    task_queue_max_priority = 9
    task_default_priority = 5


app = Celery('examples.long_and_short')
app.config_from_object(Config)


@app.task(bind=True)
def report(self: Task, seconds: float) -> str:
    time.sleep(seconds)
    return str(self.request.hostname)


@app.task
def mail() -> None:
    pass


def reports_before_mail(**options: object) -> int:
    reports = [report.delay(seconds) for seconds in (8, 0, 0, 0)]
    time.sleep(2)
    sent = mail.apply_async(**options)
    for result in (sent, *reports):
        result.get(timeout=20)
    return sum(result.date_done < sent.date_done for result in reports)
