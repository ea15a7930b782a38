"""The services' addresses as a container sees them."""

import os
from urllib.parse import quote

USER = os.environ['NOTES_USER']
PASSWORD = os.environ['NOTES_PASSWORD']

# A password may hold what would end it in a URL.
_LOGIN = f'{quote(USER, safe="")}:{quote(PASSWORD, safe="")}'

BROKER = ('rabbitmq', 5672)
BROKER_URL = f'amqp://{_LOGIN}@rabbitmq:5672/{quote(os.environ["NOTES_VHOST"], safe="")}'
RESULT_BACKEND = 'redis://redis:6379/'
MANAGEMENT_URL = f'http://{_LOGIN}@rabbitmq:15672/api/'
