"""Providers carry a delivery to its address: one file each, and one line in `PROVIDERS`."""

from workers.providers.console import print_delivery
from workers.providers.outcomes import Provider

PROVIDERS: dict[str, Provider] = {"console": print_delivery}
"""Which provider serves which channel."""
