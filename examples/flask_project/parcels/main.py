"""What gunicorn and the worker load: parcels.main:app and parcels.main:celery_app."""

from parcels import create_app

app = create_app()
celery_app = app.extensions['celery']
