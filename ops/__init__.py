"""What an operator runs: the `seatline` command, the local stack and the tools around it."""
