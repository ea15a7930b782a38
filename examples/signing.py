"""Signed messages: a worker that obeys only those who have a known key. advance.md, chapter 8.

celery -A examples.signing worker -l info -P threads
python -c "from examples.signing import pay; print(pay.delay(3).get(timeout=10))"
"""

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'signing'
    task_serializer = 'auth'
    event_serializer = 'auth'
    accept_content = ['auth']
    result_accept_content = ['json']
    security_key = 'keys/key.pem'
    security_certificate = 'keys/certificate.pem'
    security_cert_store = 'keys/certificate.pem'


app = Celery('examples.signing')
app.config_from_object(Config)
app.setup_security()


@app.task
def pay(amount: int) -> str:
    return f'paid {amount}'
