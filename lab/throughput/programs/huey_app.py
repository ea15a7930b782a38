"""Huey."""

import importlib
import os

from huey import RedisHuey

from lab.throughput import sending
from lab.throughput.marks import shared

huey = RedisHuey(os.environ['THROUGHPUT_QUEUE'], url=os.environ['THROUGHPUT_URL'], results=False)


@huey.task()
def mark(number: int) -> None:
    """Do nothing but say so."""
    shared().run(number)


if __name__ == '__main__':
    # In a program that is run, its name is __main__.mark, which a consumer does not know.
    sending.main(importlib.import_module('lab.throughput.programs.huey_app').mark)
