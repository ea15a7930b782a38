"""What a running back-end offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
        tools: further variables that the back-end's own command-line tools need.
    """

    backend: str
    description: str
    broker_url: str
    result_backend: str
    management_url: str | None = None
    flower_url: str | None = None
    tools: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead any app of the notes to this back-end."""
        return {
            'CELERY_BROKER_URL': self.broker_url,
            'CELERY_RESULT_BACKEND': self.result_backend,
            **self.tools,
        }
