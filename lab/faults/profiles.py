"""The settings that are compared: Celery's own, and those of vege5.py."""

from collections.abc import Mapping
from typing import Any

import vege5

NAMES = ('default', 'vege5')

# vege5.py's times are for work, and too long for an experiment: these do the same sooner.
SHORTER_OPTIONS = {
    **vege5.Config.broker_transport_options,
    'visibility_timeout': 6,
    'unacked_restore_interval': 1,
    'unacked_restore_throttle': 1,
    # A worker that is killed while it looks for such messages keeps the others from it.
    'unacked_mutex_expire': 5,
}
SHORTER = {
    'worker_soft_shutdown_timeout': 2,
    'broker_transport_options': SHORTER_OPTIONS,
}


def settings(name: str, queue: str, further: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a profile, without the addresses of its servers.

    Args:
        name: one of ``NAMES``.
        queue: where the tasks go.
        further: what a fault sets beside that.
    """
    if name == 'default':
        return {'task_default_queue': queue, **further}
    return {**of_vege5(), **SHORTER, 'task_default_queue': queue, **further}


def of_vege5() -> dict[str, Any]:
    """The settings of vege5.py, without the addresses of its servers."""
    return {
        setting: value
        for setting, value in vars(vege5.Config).items()
        if not setting.startswith('__') and setting not in ('broker_url', 'result_backend')
    }


def gives_back_in_time(settings: Mapping[str, Any]) -> bool:
    """Whether Redis gives back what a dead worker held while an experiment lasts."""
    return 'visibility_timeout' in settings.get('broker_transport_options', {})
