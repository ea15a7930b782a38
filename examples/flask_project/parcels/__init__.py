"""The factory: it makes the web application, and the app of Celery with it."""

from celery import Celery, Task
from flask import Flask

SETTINGS = {
    'broker_url': 'amqp://celeryman:pass1234@localhost:5672/celery_vhost',
    'result_backend': 'redis://localhost:6379/',
    'broker_transport_options': {'confirm_publish': True},
    'task_default_queue': 'parcels',
    'task_time_limit': 300,
}


def create_app() -> Flask:
    web = Flask(__name__)
    web.config.from_mapping(SENDER='the shop', CELERY=SETTINGS)
    web.extensions['celery'] = create_celery(web)

    from parcels.routes import routes

    web.register_blueprint(routes)
    return web


def create_celery(web: Flask) -> Celery:
    class FlaskTask(Task):
        def __call__(self, *args: object, **kwargs: object) -> object:
            with web.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(web.name, task_cls=FlaskTask)
    celery_app.config_from_object(web.config['CELERY'])
    celery_app.set_default()
    return celery_app
