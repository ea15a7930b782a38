"""Connects over TLS, to RabbitMQ or to Redis. production.md, chapter 9.

cd examples/safe
CELERY_BROKER_URL=amqps://celeryman:pass1234@localhost:5593/celery_vhost python over_tls.py
"""

import sys
from urllib.parse import urlsplit

from celery import Celery
from kombu.exceptions import OperationalError

CA = 'certificates/ca.pem'

SETTINGS = {
    'amqps': {'ca_certs': CA, 'server_hostname': 'localhost'},
    'rediss': {'ssl_ca_certs': CA, 'ssl_cert_reqs': 'required'},
}

app = Celery('over_tls')
app.conf.broker_use_ssl = SETTINGS.get(urlsplit(app.conf.broker_url or '').scheme)

if __name__ == '__main__':
    with app.connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=5)
        except (OperationalError, OSError) as error:
            print(f'no connection to {connection.as_uri()}: {error}', file=sys.stderr)
            sys.exit(2)
        print(f'connected to {connection.as_uri()}')
