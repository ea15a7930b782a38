"""A browser for the tests, and what a machine without one means for them."""

import os

import pytest

from playground import browser


def require_browser() -> None:
    """Skip the test where there is no browser, or fail it where .ci/run has installed one."""
    if browser.find() is not None:
        return
    reason = f'there is no {" and no ".join(browser.PROGRAMS[:2])}: {browser.INSTALL_IT}'
    if os.environ.get('CI') == 'true':
        pytest.fail(reason)
    pytest.skip(reason)
