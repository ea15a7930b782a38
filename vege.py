"""A first app: one task, two settings. README.md, chapters 2 to 9.

celery -A vege worker -l info
celery -A vege shell
"""

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'


app = Celery('vege')
app.config_from_object(Config)


@app.task
def hello(name: str = 'world') -> str:
    return f'hello {name}'
