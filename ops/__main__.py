"""`python -m ops` is the `seatline` command."""

from ops.cli import main

main()
