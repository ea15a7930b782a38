"""A worker for Redis that drops every tenth task, or runs it twice: make throughput must see it.

python -m tests.lab.faulty_worker drop|repeat|none
"""

import os
import sys

from redis import Redis

from lab.throughput.marks import shared

RUNS = {'drop': 0, 'repeat': 2, 'none': 1}[sys.argv[1]]

client = Redis.from_url(os.environ['THROUGHPUT_URL'])
while True:
    taken = client.brpop([os.environ['THROUGHPUT_QUEUE']])
    assert taken
    number = int(taken[1])
    for _ in range(1 if number % 10 else RUNS):
        shared().run(number)
