"""Logs are caught: a test may look at them, and none of them pays for a coloured traceback."""

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs():
    with structlog.testing.capture_logs() as caught:
        yield caught
