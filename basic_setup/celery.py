"""The app: the object that workers, beat and callers all import. README.md, chapter 3.

celery -A basic_setup worker -l info
"""

from celery import Celery

app = Celery('basic_setup', include=['basic_setup.tasks'])
app.config_from_object('basic_setup.celeryconfig')
