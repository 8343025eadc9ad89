"""The real other sides that tests of every part may meet."""

pytest_plugins = ("tests.peers.postgresql",)
