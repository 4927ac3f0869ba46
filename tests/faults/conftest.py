"""The command line in this process, as the tests of the app run it."""

from tests.app.test_cli import run

__all__ = ["run"]
