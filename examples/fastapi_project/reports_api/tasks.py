"""The app of Celery, and a task of several steps that tells how far it is."""

import time

from celery import Celery, Task


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    broker_transport_options = {'confirm_publish': True}
    task_default_queue = 'reports_api'
    task_time_limit = 300


app = Celery('reports_api.tasks')
app.config_from_object(Config)


@app.task(bind=True)
def write_report(self: Task, pages: int) -> str:
    if pages > 50:
        raise OSError('/srv/reports: no space left')
    for page in range(1, pages + 1):
        self.update_state(state='PROGRESS', meta={'page': page, 'of': pages})
        time.sleep(1)
    return f'a report of {pages} pages'
