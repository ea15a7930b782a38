"""Periodic tasks from a setting: beat_schedule. README.md, chapter 10.

celery -A vege1 beat -l info
celery -A vege1 worker -l info
"""

from datetime import timedelta

from celery import Celery
from celery.schedules import crontab


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    timezone = 'Asia/Taipei'
    beat_schedule = {
        'add-every-10-seconds': {
            'task': 'vege1.add',
            'schedule': 10.0,
            'args': (16, 16),
        },
        'hello-every-30-seconds': {
            'task': 'vege1.hello',
            'schedule': timedelta(seconds=30),
            'args': ('friend',),
        },
        'add-every-minute': {
            'task': 'vege1.add',
            'schedule': crontab(),
            'args': (5, 5),
        },
    }


app = Celery('vege1')
app.config_from_object(Config)


@app.task
def hello(name: str = 'world') -> str:
    return f'hello {name}'


@app.task
def add(x: int, y: int) -> int:
    return x + y
