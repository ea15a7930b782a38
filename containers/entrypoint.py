"""Tells Celery where the services are, then becomes a command.

python -m containers.entrypoint COMMAND

The command takes this process's place, so that it is the one that gets the container's SIGTERM.
"""

import os
import sys

from containers import addresses

if __name__ == '__main__':
    os.environ['CELERY_BROKER_URL'] = addresses.BROKER_URL
    os.environ['CELERY_RESULT_BACKEND'] = addresses.RESULT_BACKEND
    os.execvp(sys.argv[1], sys.argv[1:])
