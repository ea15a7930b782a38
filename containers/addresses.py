"""The services' addresses as a container sees them."""

import os
from urllib.parse import quote

USER = os.environ['NOTES_USER']
PASSWORD = os.environ['NOTES_PASSWORD']

# A password may hold what would end it in a URL.
_LOGIN = f'{quote(USER, safe="")}:{quote(PASSWORD, safe="")}'

# A cluster has several hosts, and Celery tries one URL after the other.
HOSTS = os.environ.get('NOTES_BROKER_HOSTS', 'rabbitmq').split()
_VHOST = quote(os.environ['NOTES_VHOST'], safe='')

BROKER_PORT = 5672
BROKER_URL = ';'.join(f'amqp://{_LOGIN}@{host}:{BROKER_PORT}/{_VHOST}' for host in HOSTS)
RESULT_BACKEND = 'redis://redis:6379/'
MANAGEMENT_URL = f'http://{_LOGIN}@rabbitmq:15672/api/'
