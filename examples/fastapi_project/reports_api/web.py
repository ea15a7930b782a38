"""The web application: it starts tasks, and tells how far they are."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import uuid4

from celery.states import PENDING, READY_STATES, SUCCESS
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse
from kombu.exceptions import OperationalError
from pydantic import BaseModel, Field
from redis.exceptions import RedisError

from reports_api.tasks import app, write_report


class Order(BaseModel):
    pages: int = Field(ge=0, le=100)


class Report(BaseModel):
    state: str
    page: int | None = None
    of: int | None = None
    result: str | None = None
    error: str | None = None


web = FastAPI()


@web.post('/reports', status_code=202)
def start(order: Order, request: Request, response: Response) -> dict[str, str]:
    task_id = str(uuid4())
    write_report.update_state(task_id, 'SENT')
    try:
        write_report.apply_async((order.pages,), task_id=task_id)
    except OperationalError:
        write_report.AsyncResult(task_id).forget()
        raise
    where = request.url_for('show', task_id=task_id).path
    response.headers['Location'] = where
    return {'id': task_id, 'where': where}


def look(task_id: str) -> Report | None:
    meta = app.backend.get_task_meta(task_id)
    state, result = meta['status'], meta['result']
    if state == PENDING:
        return None
    if state == SUCCESS:
        return Report(state=state, result=result)
    if state in READY_STATES:
        return Report(state=state, error='the report could not be written')
    return Report(state=state, **(result if state == 'PROGRESS' else {}))


def find(task_id: str) -> Report:
    report = look(task_id)
    if report is None:
        raise HTTPException(404, 'no such report')
    return report


Found = Annotated[Report, Depends(find)]


@web.get('/reports/{task_id}', response_model_exclude_none=True)
def show(report: Found) -> Report:
    return report


@web.get(
    '/reports/{task_id}/events',
    response_class=EventSourceResponse,
    response_model_exclude_none=True,
)
async def follow(task_id: str, found: Found) -> AsyncIterator[Report]:
    report: Report | None = found
    yield found
    while report and report.state not in READY_STATES:
        await asyncio.sleep(0.2)
        before, report = report, await asyncio.to_thread(look, task_id)
        if report and report != before:
            yield report


@web.exception_handler(OperationalError)
@web.exception_handler(RedisError)
async def try_again(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({'detail': 'try again later'}, 503, {'Retry-After': '10'})
