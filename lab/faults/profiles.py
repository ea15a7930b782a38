"""The settings that are compared: Celery's own, and those of vege5.py."""

from typing import Any

import vege5

NAMES = ('default', 'vege5')

# vege5.py's times are for work, and too long for an experiment: these do the same sooner.
SHORTER = {
    'worker_soft_shutdown_timeout': 2,
    'broker_transport_options': {
        **vege5.Config.broker_transport_options,
        'visibility_timeout': 6,
        'unacked_restore_interval': 1,
        'unacked_restore_throttle': 1,
        # A worker that is killed while it looks for such messages keeps the others from it.
        'unacked_mutex_expire': 5,
    },
}


def settings(name: str, queue: str) -> dict[str, Any]:
    """The settings of a profile, without the addresses of its servers.

    Args:
        name: one of ``NAMES``.
        queue: where the tasks go.
    """
    if name == 'default':
        return {'task_default_queue': queue}
    own = {
        setting: value
        for setting, value in vars(vege5.Config).items()
        if not setting.startswith('__') and setting not in ('broker_url', 'result_backend')
    }
    return {**own, **SHORTER, 'task_default_queue': queue}


def gives_back_in_time(name: str) -> bool:
    """Whether Redis gives back what a dead worker held while an experiment lasts."""
    return name != 'default'
