"""The first lines that run, under any Python: they must stay readable to an old one."""

import os
import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        'playground: this is Python %d.%d, and the notes need 3.11 or newer:'
        ' install one, then name it, as in: make demo PYTHON=python3.12\n' % sys.version_info[:2]
    )
    sys.exit(2)

if sys.argv[1:2] == ['doctor']:
    # It looks at the environment of the reader, which the other commands do not obey.
    from playground.doctor import launch

    sys.exit(launch.run(sys.argv[2:]))

from playground import environment

if environment.clean_this_process():
    os.execv(sys.executable, [sys.executable, '-m', 'playground', *sys.argv[1:]])

from playground.command_line import main

sys.exit(main())
