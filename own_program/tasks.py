"""A program of your own: its app and its task. README.md, chapter 12.

celery -A tasks worker -l info
"""

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'own_program'
    task_time_limit = 300


app = Celery('tasks')
app.config_from_object(Config)


@app.task
def count_words(text: str) -> int:
    return len(text.split())
