"""RQ."""

import os

from redis import Redis
from rq import Queue

from lab.throughput import sending
from lab.throughput.marks import shared


def mark(number: int) -> None:
    """Do nothing but say so."""
    shared().run(number)


if __name__ == '__main__':
    queue = Queue(
        os.environ['THROUGHPUT_QUEUE'], connection=Redis.from_url(os.environ['THROUGHPUT_URL'])
    )
    # A module that is run is __main__, and a worker cannot import that.
    sending.main(lambda number: queue.enqueue('lab.throughput.programs.rq_app.mark', number))
