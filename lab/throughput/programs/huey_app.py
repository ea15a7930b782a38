"""Huey."""

import os

from huey import RedisHuey

from lab.throughput import sending
from lab.throughput.marks import shared

huey = RedisHuey(os.environ['THROUGHPUT_QUEUE'], url=os.environ['THROUGHPUT_URL'], results=False)


# A program's own module is __main__, and a consumer's is not.
@huey.task(name='mark')
def mark(number: int) -> None:
    """Do nothing but say so."""
    shared().run(number)


if __name__ == '__main__':
    sending.main(mark)
