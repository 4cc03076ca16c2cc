"""What every test sees: the switches --audio and --long, without which those tests are left out."""

import pytest
import structlog

# Rich's pictures of exceptions take seconds on a busy machine, and a caller would wait for them.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

SWITCHES = {"audio": "listens with speech recognition", "long": "takes many minutes"}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, why in SWITCHES.items():
        parser.addoption(f"--{name}", action="store_true", help=f"also run the tests marked {name} ({why})")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for name in SWITCHES:
        if not config.getoption(f"--{name}"):
            left_out = [item for item in items if item.get_closest_marker(name)]
            if left_out:
                config.hook.pytest_deselected(items=left_out)
                items[:] = [item for item in items if item not in left_out]
