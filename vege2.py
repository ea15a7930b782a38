"""Periodic tasks from code: add_periodic_task, one queue per entry. README.md, chapter 10.

celery -A vege2 worker -l info -Q queue1,queue2 -B -s beat-record
"""

from celery import Celery
from celery.schedules import crontab


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    timezone = 'Asia/Taipei'


app = Celery('vege2')
app.config_from_object(Config)


@app.on_after_configure.connect
def schedule_periodic_tasks(sender: Celery, **kwargs: object) -> None:
    sender.add_periodic_task(
        10.0,
        hello.s('there'),
        name='hello-every-10-seconds',
        queue='queue1',
    )
    sender.add_periodic_task(
        crontab(hour=7, minute=30, day_of_week=1),
        add.s(5, 5),
        name='add-every-monday-morning',
        queue='queue2',
    )


@app.task
def hello(name: str = 'world') -> str:
    return f'hello {name}'


@app.task
def add(x: int, y: int) -> int:
    return x + y
