"""Everything after a command is handed in: `inbox` accepts it, `tasks` are Celery's doors, `lane` applies it.

The way of a command: `inbox.accept` -> token on the queue `sessions` -> `tasks.serve_session` -> `turns.serve` ->
`lane.serve_on` -> outcome announced, deliveries handed to `deliver`. `sweep` finds what a crash left behind.
"""
