"""The addresses: one starts a task, one tells its state."""

from uuid import uuid4

from celery import current_app as celery_app
from celery.states import PENDING, READY_STATES, SUCCESS
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from parcels.tasks import write_label

routes = Blueprint('labels', __name__)


@routes.post('/labels')
def start() -> ResponseReturnValue:
    to = request.form['to']
    task_id = str(uuid4())
    write_label.update_state(task_id, 'SENT')
    try:
        write_label.apply_async((to,), task_id=task_id)
    except OperationalError:
        write_label.AsyncResult(task_id).forget()
        raise
    where = url_for('.show', task_id=task_id)
    return {'id': task_id, 'where': where}, 202, {'Location': where}


@routes.get('/labels/<task_id>')
def show(task_id: str) -> ResponseReturnValue:
    meta = celery_app.backend.get_task_meta(task_id)
    state = meta['status']
    if state == PENDING:
        return {'error': 'no such label'}, 404
    if state == SUCCESS:
        return {'state': state, 'label': meta['result']}
    if state in READY_STATES:
        return {'state': state, 'error': 'the label could not be written'}
    return {'state': state}


@routes.errorhandler(OperationalError)
@routes.errorhandler(RedisError)
def try_again(error: Exception) -> ResponseReturnValue:
    return {'error': 'try again later'}, 503, {'Retry-After': '10'}
