"""The server of the labs' live tests."""

import pytest

from lab import servers
from playground.session import Session
from tests.backends import skip_without_native


@pytest.fixture
def rabbitmq(request: pytest.FixtureRequest, session: Session) -> servers.Server:
    """A RabbitMQ of the test's own."""
    skip_without_native(request.config)
    return servers.start(session, servers.RABBITMQ)
