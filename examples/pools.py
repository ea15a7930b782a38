"""The same tasks on four kinds of pool. advance.md, chapter 7.

python -m examples.pools
celery -A examples.pools worker -l info --autoscale=6,3
celery -A examples.pools shell
"""

import os
import subprocess
import time

from celery import Celery, Signature
from celery.utils.log import get_task_logger


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'pools'


app = Celery('examples.pools')
app.config_from_object(Config)
logger = get_task_logger(__name__)
kept: list[bytes] = []


@app.task
def pause(seconds: float) -> int:
    logger.info('pauses %s s', seconds)
    time.sleep(seconds)
    return os.getpid()


@app.task
def add_up(numbers: int) -> int:
    sum(number * number for number in range(numbers))
    return os.getpid()


@app.task
def keep(megabytes: int) -> int:
    kept.append(b'x' * megabytes * 2**20)
    return os.getpid()


def measure(pool: str, task: Signature, times: int) -> tuple[float, set[int]]:
    begin = time.perf_counter()
    results = [task.apply_async(queue=pool) for _ in range(times)]
    processes = {result.get(timeout=60) for result in results}
    return time.perf_counter() - begin, processes


if __name__ == '__main__':
    pools = 'prefork', 'threads', 'gevent', 'solo'
    worker = 'exec celery -A examples.pools worker -c 4 -P {0} -Q {0} -n {0}@%h > /dev/null 2>&1'
    workers = [subprocess.Popen(worker.format(pool), shell=True) for pool in pools]
    for pool in pools:
        measure(pool, pause.s(0), 8)  # not counted: the workers are still starting
    for pool in pools:
        pauses, paused_in = measure(pool, pause.s(0.25), 8)
        sums, summed_in = measure(pool, add_up.s(4_000_000), 4)
        long = add_up.apply_async((4_000_000,), queue=pool)
        begin = time.perf_counter()
        short = pause.apply_async((0,), queue=pool)
        short.get(timeout=60)
        seconds = time.perf_counter() - begin
        long.get(timeout=60)
        order = 'together' if pauses < 8 * 0.25 else 'in turn'
        verdict = 'at once' if short.date_done < long.date_done else 'had to wait'
        print(
            f'{pool:8} 8 pauses {pauses:.2f} s, {order}; 4 sums {sums:.2f} s,'
            f' {len(paused_in | summed_in)} process(es); a short task {seconds:.2f} s, {verdict}'
        )
    for process in workers:
        process.terminate()
    for process in workers:
        process.wait()
