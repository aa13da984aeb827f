"""The stand of the measurements, on the servers that all tests run on; statements are not counted there."""

import pytest

from benchmarks.stand.stand import Stand
from ops.stack.servers import EmbeddedServers


@pytest.fixture(scope="session")
def stand(servers: EmbeddedServers) -> Stand:
    return Stand(servers)
