"""What is looked at: the reader's app, folder and environment."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS_TO_CONNECT = 3.0


@dataclass(frozen=True)
class Situation:
    """A reader's set-up.

    Attributes:
        name: what ``-A`` says; None if nothing does.
        app: the app, a ``celery.Celery``.
        folder: where the reader runs it.
        management: the address of RabbitMQ's management API, if the reader names one.
        variables: the environment.
    """

    name: str | None
    app: Any
    folder: Path
    management: str | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def celery(self) -> str:
        """How a command for this app begins, as in ``celery -A proj``."""
        return f'celery -A {shlex.quote(self.name)}' if self.name else 'celery'


def own_tasks(app: Any) -> set[str]:
    """The names of an app's tasks, without those that Celery brings."""
    return {name for name in app.tasks if not name.startswith('celery.')}


def one_line(error: BaseException | str) -> str:
    """What an error says, on one line."""
    text = ' '.join(str(error).split())
    if isinstance(error, str):
        return text
    return text or type(error).__name__
