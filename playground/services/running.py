"""What a running back-end offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Services:
    """A broker and a result backend that answer.

    Attributes:
        backend: ``compose``, ``native`` or ``embedded``.
        description: what runs where, for the reader.
        broker_url: for ``CELERY_BROKER_URL``.
        result_backend: for ``CELERY_RESULT_BACKEND``.
        management_url: RabbitMQ's management API, if there is one.
        flower_url: a Flower that runs already, if there is one.
        credentials: ``user:password`` of RabbitMQ's management and of Flower.
        choices: variables that lead ``docker compose`` to this back-end, if it needs any.
        ends: what goes with the session that started it, for the reader.
        programs: a folder with the command-line tools that know this back-end, if there are any.
    """

    backend: str
    description: str
    broker_url: str
    result_backend: str
    management_url: str | None = None
    flower_url: str | None = None
    credentials: str = 'celeryman:pass1234'
    choices: Mapping[str, str] = field(default_factory=dict)
    ends: str = 'the services, and nothing stays behind'
    programs: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead any app of the notes to this back-end."""
        return {
            **self.choices,
            'CELERY_BROKER_URL': self.broker_url,
            'CELERY_RESULT_BACKEND': self.result_backend,
        }

    @property
    def has_rabbitmq(self) -> bool:
        """Whether the broker is RabbitMQ, and not Redis or Valkey."""
        return self.management_url is not None
