"""Tasks that wait in RabbitMQ for their time, not in a worker. advance.md, chapter 4.

celery -A examples.waiting worker -l info -c 1
celery -A examples.waiting shell
"""

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'waiting'
    task_default_queue_type = 'quorum'
    task_default_exchange_type = 'topic'


app = Celery('examples.waiting')
app.config_from_object(Config)


@app.task
def greet(name: str) -> str:
    return f'hello {name}'
