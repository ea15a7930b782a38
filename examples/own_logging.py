"""Your own logging in a worker, with the root id of each task. production.md, chapter 8.

celery -A examples.own_logging worker -n own@localhost -c 1
"""

import logging.config

from celery import Celery, current_task
from celery.signals import setup_logging
from celery.utils.log import get_task_logger


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'own_logging'


app = Celery('examples.own_logging')
app.config_from_object(Config)
logger = get_task_logger(__name__)


class Ids(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        request = current_task.request if current_task else None
        record.root = request.root_id if request else '-'
        record.parent = request.parent_id if request else '-'
        return True


@setup_logging.connect
def keep_my_own(**_: object) -> None:
    logging.config.dictConfig(
        {
            'version': 1,
            'disable_existing_loggers': False,
            'filters': {'ids': {'()': Ids}},
            'formatters': {'line': {'format': 'root=%(root)s parent=%(parent)s %(message)s'}},
            'handlers': {
                'file': {
                    'class': 'logging.FileHandler',
                    'filename': 'own.log',
                    'filters': ['ids'],
                    'formatter': 'line',
                }
            },
            'root': {'level': 'INFO', 'handlers': ['file']},
        }
    )


@app.task
def add(x: int, y: int) -> int:
    logger.info('%s and %s', x, y)
    return x + y
