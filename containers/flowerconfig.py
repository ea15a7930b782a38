"""Flower's options: celery flower --conf=containers/flowerconfig.py."""

from containers.addresses import MANAGEMENT_URL, PASSWORD, USER

basic_auth = [f'{USER}:{PASSWORD}']
broker_api = MANAGEMENT_URL

# What it has seen outlives a restart, and a crash but for the last ten seconds.
persistent = True
db = '/data/flower'
state_save_interval = 10_000
