"""The ceiling with Redis: redis-py alone, one process that takes a message at a time."""

import os
import sys

from redis import Redis

from lab.throughput import sending
from lab.throughput.marks import shared

QUEUE = os.environ['THROUGHPUT_QUEUE']

if __name__ == '__main__':
    client = Redis.from_url(os.environ['THROUGHPUT_URL'])
    if sys.argv[1:]:
        sending.main(lambda number: client.lpush(QUEUE, number))
    else:
        while True:
            taken = client.brpop([QUEUE])
            assert taken, 'it waits without a limit'
            shared().run(int(taken[1]))
