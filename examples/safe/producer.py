"""Sends, and may do nothing else: it declares no queue. production.md, chapter 9.

cd examples/safe
python producer.py
"""

from celery import Celery
from kombu import Exchange, Queue


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    broker_transport_options = {'confirm_publish': True}
    task_default_queue = 'safe'
    task_queues = (
        Queue(
            'safe',
            Exchange('safe', type='topic', no_declare=True),
            routing_key='safe',
            no_declare=True,
        ),
    )


app = Celery('producer')
app.config_from_object(Config)

if __name__ == '__main__':
    print(app.send_task('payments.refund', (7, 20)).get(timeout=10))
