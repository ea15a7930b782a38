"""production.md, chapter 1: the project under attack, and what no block of it shows."""

import asyncio
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from playground import ports
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.live import projects
from tests.live.attack import LONGEST_SECONDS, attack

SECONDS = 60.0
DAY = 24 * 60 * 60

OpenTerminal = Callable[[str], Terminal]
StartServer = Callable[..., tuple[Terminal, str]]
StartWeb = Callable[..., str]


@pytest.fixture
def start_server(open_terminal: OpenTerminal) -> StartServer:
    """Start the web server on a free port; its terminal and its address are returned."""

    def start(options: str = '', **variables: str) -> tuple[Terminal, str]:
        port = ports.free_port()
        before = ' '.join(f'{name}={value}' for name, value in variables.items())
        server = open_terminal(
            f'cd examples/fastapi_project && {before}'
            f' exec uvicorn reports_api.web:web --port {port} {options}'
        )
        server.wait_for('Application startup complete.', SECONDS)
        return server, f'http://127.0.0.1:{port}'

    return start


@pytest.fixture
def start_web(start_server: StartServer) -> StartWeb:
    """Start the web server; only its address is returned."""
    return lambda *options, **variables: start_server(*options, **variables)[1]


def post(web: str) -> httpx.Response:
    return httpx.post(f'{web}/reports', json={'pages': 0}, timeout=SECONDS, trust_env=False)


def get(address: str) -> httpx.Response:
    return httpx.get(address, timeout=SECONDS, trust_env=False)


def test_a_copy_loses_none_of_two_thousand_reports(
    chosen: Services, session: Session, tmp_path: Path
) -> None:
    project = projects.copy('fastapi_project', tmp_path / 'copy', reader_environment(chosen))
    with projects.running(project, session, ports.free_port()) as web:
        attack(f'{web}/reports', json={'pages': 0})


def test_both_processes_and_the_next_server_know_what_was_sent(
    start_web: StartWeb, running: Services
) -> None:
    web = start_web('--workers 2')
    where = post(web).json()['where']
    assert {get(f'{web}{where}').json()['state'] for _ in range(20)} == {'SENT'}
    assert {get(f'{web}/reports/unknown').status_code for _ in range(20)} == {404}
    assert get(f'{start_web()}{where}').json() == {'state': 'SENT'}
    with redis.Redis.from_url(running.result_backend) as client:
        [key] = client.scan_iter('celery-task-meta-*')
        assert DAY - SECONDS < client.ttl(key) <= DAY


def test_a_broker_that_is_away_makes_503_and_leaves_no_id(
    start_web: StartWeb, running: Services
) -> None:
    scheme = running.broker_url.partition(':')[0]
    nobody = f'{scheme}://127.0.0.1:{ports.free_port()}//'
    answer = post(start_web(CELERY_BROKER_URL=nobody))
    assert (answer.status_code, answer.json()) == (503, {'detail': 'try again later'})
    assert answer.headers['Retry-After'] == '10'
    with redis.Redis.from_url(running.result_backend) as client:
        assert list(client.scan_iter('celery-task-meta-*')) == []


def test_a_result_backend_that_is_away_makes_503(start_web: StartWeb) -> None:
    web = start_web(CELERY_RESULT_BACKEND=f'redis://127.0.0.1:{ports.free_port()}/')
    assert post(web).status_code == 503
    assert get(f'{web}/reports/unknown').status_code == 503


def test_a_hundred_streams_hold_no_thread_and_end_with_their_readers(
    start_web: StartWeb, running: Services
) -> None:
    """There are 40 threads for the endpoints without async."""
    web = start_web()
    where = post(web).json()['where']

    async def read(client: httpx.AsyncClient, begun: asyncio.Semaphore) -> None:
        async with client.stream('GET', f'{web}{where}/events') as stream:
            async for line in stream.aiter_lines():
                if line:
                    assert line == 'data: {"state":"SENT"}'
                    begun.release()

    async def post_beside_them() -> float:
        begun = asyncio.Semaphore(0)
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=SECONDS, limits=limits, trust_env=False) as client:
            readers = [asyncio.create_task(read(client, begun)) for _ in range(100)]
            async with asyncio.timeout(SECONDS):
                for _ in readers:
                    await begun.acquire()
            answer = await client.post(f'{web}/reports', json={'pages': 0})
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
        return answer.elapsed.total_seconds()

    assert asyncio.run(post_beside_them()) < LONGEST_SECONDS
    with redis.Redis.from_url(running.result_backend) as client:

        def nobody_asks() -> bool:
            before = asked(client)
            return not wait_until(lambda: asked(client) > before, 1.0)

        assert wait_until(nobody_asks, SECONDS)


def test_a_server_waits_for_open_streams_no_longer_than_it_may(
    start_server: StartServer, open_terminal: OpenTerminal
) -> None:
    for options, ends in ('--timeout-graceful-shutdown 1', True), ('', False):
        server, web = start_server(options)
        where = post(web).json()['where']
        open_terminal(f'curl -sN {web}{where}/events').wait_for('SENT', SECONDS)
        server.press_control_c()
        server.wait_for('Waiting for connections to close.', SECONDS)
        assert wait_until(lambda: not server.runs, SECONDS if ends else 3.0) is ends  # noqa: B023


def test_a_call_blocks_the_loop_as_long_as_it_tries(open_terminal: OpenTerminal) -> None:
    port, nobody = ports.free_port(), ports.free_port()
    server = open_terminal(
        f'CELERY_BROKER_URL=amqp://127.0.0.1:{nobody}//'
        f' exec uvicorn examples.blocked_loop:web --port {port}'
    )
    server.wait_for('Application startup complete.', SECONDS)
    web = f'http://127.0.0.1:{port}'

    def other_requests_wait(path: str) -> bool:
        with ThreadPoolExecutor() as pool:
            call = pool.submit(get, f'{web}{path}')
            pings = [get(f'{web}/ping').elapsed.total_seconds()]
            while not call.done():
                pings.append(get(f'{web}/ping').elapsed.total_seconds())
        assert call.result().status_code == 500
        return max(pings) > call.result().elapsed.total_seconds() / 2

    assert other_requests_wait('/async-def')
    assert not other_requests_wait('/to-thread')


def test_a_broker_that_says_nothing_is_given_up_after_four_seconds() -> None:
    with socket.create_server(('127.0.0.1', 0)) as listener:
        url = f'amqp://127.0.0.1:{listener.getsockname()[1]}//'
        with Celery('caller', broker=url) as app:
            begin = time.monotonic()
            with pytest.raises(OperationalError):
                app.send_task('nobody.knows', ignore_result=True)
            assert 3.9 < time.monotonic() - begin < 3 * 4


def asked(client: redis.Redis) -> int:
    return int(client.info('commandstats')['cmdstat_get']['calls'])
