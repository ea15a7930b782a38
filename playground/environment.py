"""The one place that says which variables of the reader our programs must not obey.

Needs nothing but the standard library, and little of that: it runs before anything else.
"""

import fnmatch
import os
from collections.abc import Mapping, Sequence

LOCAL = ('127.0.0.1', 'localhost')

# What the program of ours that runs now sets for itself and for all that it starts.
OURS = {'PYTHONUTF8': '1', 'PYTHONUNBUFFERED': '1'}

# Another database, or another password, time zone or the like for ours.
OF_A_DATABASE = ('DATABASE_URL', 'PG*', 'PSYCOPG_*')

# Patterns, as both fnmatch and a shell's `case` understand them.
MISLEADING = (
    # The options of the command `celery`, which win over our two variables (celery/bin/celery.py);
    # each option of a sub-command is CELERY_WORKER_QUEUES and the like.
    *('APP', 'BROKER_URL', 'RESULT_BACKEND', 'LOADER', 'CONFIG_MODULE', 'SKIP_CHECKS'),
    *('CELERY_*', '_CELERY_COMPLETE', 'DJANGO_SETTINGS_MODULE', 'DJANGO_PROJECT_DIR'),
    # Switches in the sources of Celery, kombu and billiard; some end in a traceback.
    *('C_BENCH', 'C_BENCH_EVERY', 'C_FAKEFORK', 'C_FORCE_ROOT', 'C_IMPDEBUG', 'C_REMDEBUG'),
    *('C_STRICT_APP', 'C_WARN_APP', 'C_WNOCONF', 'AUTOSCALE_KEEPALIVE', 'DISABLE_TRACEBACKS'),
    *('EVENTLET_NOBLOCK', 'FORKED_BY_MULTIPROCESSING', 'KOMBU_*', 'MP_LOG', 'MP_MAIN_FILE'),
    *('MULTIPROCESSING_FORKING_DISABLE', 'NOSETPS', 'NO_WORKER', 'PICKLE_PROTOCOL'),
    *('REMAP_SIGTERM', 'TEST_BROKER', 'TIMER_DEBUG', 'USE_FAST_LOCALS', 'WORKER_LOGLEVEL'),
    '_MP_FORK_*',
    # Flower takes every option from the environment, even over its command line.
    *('FLOWER_*', 'TORNADO_*', 'GEVENT*'),
    # The tools of the servers: a password or a node of somebody else's.
    *('REDISCLI_*', 'RABBITMQ_*', 'ERL_*'),
    # Docker's: another file than docker-compose.yml, or more services of it.
    *('COMPOSE_FILE', 'COMPOSE_ENV_FILES', 'COMPOSE_PROFILES', 'COMPOSE_PATH_SEPARATOR'),
    'COMPOSE_DISABLE_ENV_FILE',
    *OF_A_DATABASE,
    # matplotlib, which draws the timelines.
    *('MPLBACKEND', 'MATPLOTLIBRC'),
    # Python itself: another package of the same name, a start-up file, warnings, a prompt at the
    # end, no asserts. Whoever knows that a variable is harmless names it below.
    'PYTHON?*',
)

# They say where Python writes, or how soon; nothing that our programs do depends on them.
HARMLESS = (
    *OURS,
    *('PYTHONDONTWRITEBYTECODE', 'PYTHONPYCACHEPREFIX', 'PYTHONNOUSERSITE', 'PYTHONHASHSEED'),
)

# More than that changes what a command prints, where its output goes to a file and is compared.
# The reader's own terminal keeps these.
OF_A_SCREEN = (
    # Colours and the size: `celery` does not even start with NO_COLOR=please.
    *('NO_COLOR', 'FORCE_COLOR', 'CLICOLOR_FORCE', 'PY_COLORS', 'COLUMNS', 'LINES'),
    # What bash reads, obeys or runs before our command; a function may be named `celery`.
    *('BASH_ENV', 'ENV', 'SHELLOPTS', 'BASHOPTS', 'BASH_COMPAT', 'BASH_FUNC_*'),
    *('POSIXLY_CORRECT', 'CDPATH', 'GLOBIGNORE', 'EXECIGNORE'),
    # Words, order and encoding.
    *('LANGUAGE', 'LC_*'),
    # The `make` and the pytest around us, which theirs would take part in.
    *('MAKE*', 'MFLAGS', 'PYTEST_*'),
)


def clean(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would lead Celery, Flower, the servers' tools or Python elsewhere.

    Args:
        variables: an environment.

    Returns:
        What is left of it, proxies and the settings of pip among it, and what we set ourselves.
    """
    left = {name: value for name, value in variables.items() if not is_misleading(name)}
    return {**left, **OURS}


def clean_for_terminal(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a terminal in the background, whose output goes to a file.

    ``TERM`` and ``TZ`` stay the reader's: Celery starts with any value of them.

    Args:
        variables: an environment.

    Returns:
        What is left of it, a fixed language, and no proxy for this machine.
    """
    left = {
        name: value for name, value in clean(variables).items() if not _matches(name, OF_A_SCREEN)
    }
    direct = without_proxy(variables.get('no_proxy') or variables.get('NO_PROXY') or '')
    return {**left, 'LANG': 'C.UTF-8', 'no_proxy': direct, 'NO_PROXY': direct}


def without_proxy(hosts: str) -> str:
    """Add this machine to the hosts that are reached without a proxy.

    Args:
        hosts: those so far, as in ``no_proxy``.
    """
    if hosts == '*':
        return hosts
    named = [host for host in hosts.split(',') if host]
    return ','.join([*named, *(host for host in LOCAL if host not in named)])


def clean_this_process() -> bool:
    """Clean our own environment, before anything that obeys it is imported.

    Returns:
        Whether Python had obeyed a misleading variable already when it started.
    """
    before = dict(os.environ)
    for name in before:
        if is_misleading(name):
            del os.environ[name]
    os.environ.update(OURS)
    obeyed = {name for name in before if name.startswith('PYTHON') and is_misleading(name)}
    return bool(obeyed) or before.get('PYTHONUTF8') != OURS['PYTHONUTF8']


def is_misleading(name: str) -> bool:
    """Tell whether our programs must not see a variable."""
    return _matches(name, MISLEADING) and name not in HARMLESS


def shell_lines(values: Mapping[str, str]) -> list[str]:
    """Lines for bash, zsh or a POSIX shell that do the same in the reader's own terminal.

    They say on standard error which variables they unset, if there was one.

    Args:
        values: variables that the caller's next lines set, so that they are not unset.
    """
    return [
        *unsetting(values, MISLEADING),
        'no_proxy=${no_proxy:-${NO_PROXY:-}}',
        'case $no_proxy in',
        f'    "*"|*{",".join(LOCAL)}) ;;',
        f'    *) no_proxy="${{no_proxy:+$no_proxy,}}{",".join(LOCAL)}" ;;',
        'esac',
        'NO_PROXY=$no_proxy',
        'export no_proxy NO_PROXY',
    ]


def unsetting(values: Mapping[str, str], misleading: Sequence[str]) -> list[str]:
    """Lines for the same shells that unset variables, and say on standard error which.

    Args:
        values: variables that the caller's next lines set, so that they are not unset.
        misleading: patterns of those to unset.
    """
    mark = 'celery_notes'
    return [
        f'{mark}_unset=',
        f'while IFS= read -r {mark}_name; do',
        f'    case ${mark}_name in',
        f'        {"|".join((*HARMLESS, *values))}) ;;',
        f'        {"|".join(misleading)})',
        f'            if eval "[ -n \\"\\${{${mark}_name+x}}\\" ]"; then',
        f'                unset "${mark}_name"',
        f'                {mark}_unset="${mark}_unset ${mark}_name"',
        '            fi ;;',
        '    esac',
        f'done <<{mark.upper()}',
        r"$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p')",
        mark.upper(),
        f'if [ -n "${mark}_unset" ]; then',
        f"    printf 'Unset here, for they mislead the commands of the notes:%s\\n'"
        f' "${mark}_unset" >&2',
        'fi',
        f'unset {mark}_unset {mark}_name',
    ]


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
