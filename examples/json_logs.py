"""A log of JSON lines, with the standard library. advance.md, chapter 6.

celery -A examples.json_logs worker -l info -n w2@localhost -c 1
"""

import json
import logging

from celery import Celery, current_task
from celery.signals import after_setup_logger, after_setup_task_logger
from celery.utils.log import get_task_logger


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'json_logs'


app = Celery('examples.json_logs')
app.config_from_object(Config)
logger = get_task_logger(__name__)


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            'time': self.formatTime(record),
            'level': record.levelname,
            'logger': record.name,
            'task_id': current_task.request.id if current_task else None,
            'message': record.getMessage(),
        }
        if record.exc_info:
            line['exception'] = self.formatException(record.exc_info)
        return json.dumps(line)


@after_setup_logger.connect
@after_setup_task_logger.connect
def write_json(logger: logging.Logger, **kwargs: object) -> None:
    for handler in logger.handlers:
        handler.setFormatter(JSONFormatter())


@app.task
def mean(numbers: list[float]) -> float:
    logger.info('%s numbers', len(numbers))
    return sum(numbers) / len(numbers)
