"""Settings to start with; the page has a reason for each. advance.md, chapter 9.

celery -A examples.settings_to_start_with worker -l info -c 2
celery -A examples.settings_to_start_with call examples.settings_to_start_with.pack --args='["tea"]'
"""

import os
import time

from celery import Celery
from celery.utils.log import get_task_logger


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'settings_to_start_with'
    task_default_queue_type = 'quorum'
    task_default_exchange_type = 'topic'
    broker_transport_options = {'confirm_publish': True}
    task_soft_time_limit = 270
    task_time_limit = 300
    task_acks_late = True
    task_retry_on_worker_lost = True
    task_reject_on_worker_lost = True
    worker_prefetch_multiplier = 1
    worker_soft_shutdown_timeout = 8
    worker_disable_rate_limits = True
    task_ignore_result = True


app = Celery('examples.settings_to_start_with')
app.config_from_object(Config)
logger = get_task_logger(__name__)


@app.task(default_retry_delay=1)
def pack(parcel: str, seconds: float = 0) -> str:
    logger.info('process %s packs %s', os.getpid(), parcel)
    time.sleep(seconds)
    return f'{parcel} is packed'
