"""Has the tests that take longest begin first, so that the end of a run leaves no process idle."""

import pytest

# Whoever asks for one of these starts servers, a container or a pytest of its own.
SLOW = {'launcher', 'engine_session', 'nested', 'repository'}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: SLOW.isdisjoint(getattr(item, 'fixturenames', ())))
