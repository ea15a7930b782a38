"""The one place that starts brokers and result backends, under three names.

``compose`` is docker-compose.yml's services where they answer, ``native`` private instances of the
system's RabbitMQ and Redis, ``embedded`` one private Valkey server as both.
"""

from collections.abc import Callable

from playground.errors import PlaygroundError
from playground.services import compose, embedded, native
from playground.services.running import Services
from playground.session import Session

START: dict[str, Callable[[Session], Services]] = {
    'compose': compose.start,
    'native': native.start,
    'embedded': embedded.start,
}


def check_name(backend: str) -> None:
    """Refuse a name that is none of the three.

    Raises:
        PlaygroundError: the name is unknown.
    """
    if backend not in START:
        raise PlaygroundError(
            f'there is no back-end {backend!r}: choose one of {", ".join(START)},'
            ' or leave it out to have one chosen'
        )


def start(backend: str | None, session: Session) -> Services:
    """Start a back-end, or find the one that runs.

    Args:
        backend: one of ``START``; without one, ``compose`` if it answers, else ``embedded``.
        session: owns what is started.

    Raises:
        PlaygroundError: the name is unknown, or the back-end cannot be had.
    """
    if backend is None:
        backend = 'compose' if compose.answers() else 'embedded'
    check_name(backend)
    return START[backend](session)
