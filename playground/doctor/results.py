"""Connects to the result backend, once, and says why that fails."""

from collections.abc import Iterator
from typing import Any

from playground.doctor import redis_server
from playground.doctor.address import masked
from playground.doctor.broker import refusal
from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, ok, unknown
from playground.doctor.situation import Situation, one_line

OF_THE_BROKER = ('rpc',)


def check_results(situation: Situation) -> Iterator[Finding]:
    """Judge the result backend of the caller.

    Args:
        situation: its app has the address.
    """
    address = situation.app.conf.result_backend
    if not address or str(address) == 'disabled':
        yield ok(
            'results',
            'no result backend is set: a task runs, and nobody can ask for its result',
            'to ask for results, set result_backend',
        )
        return
    try:
        backend: Any = situation.app.backend
    except Exception as error:
        yield fault(
            'results',
            f'{masked(str(address))}: {one_line(error)}',
            'pip install what it names, or choose another: result_backend = "redis://..."',
            Entry.NO_RESULT_BACKEND,
        )
        return
    if not isinstance(address, str) or not address.startswith('redis'):
        yield _other(str(address), backend)
        return
    client = redis_server.open_client(address, situation.app.conf.redis_backend_use_ssl)
    try:
        client.ping()
    except Exception as error:
        yield refusal('results', address, error)
        return
    yield ok('results', f'the result backend lets us in at {masked(address)}')
    yield from redis_server.check_server(client, 'results')
    client.close()


def _other(address: str, backend: Any) -> Finding:
    scheme = address.partition(':')[0]
    if scheme in OF_THE_BROKER:
        return ok('results', 'results come back through the broker (rpc), to the caller alone')
    return unknown(
        'results',
        f'{masked(address)}: only Redis is tried, not {type(backend).__name__}',
        'try it: celery -A APP result SOME-ID',
    )
