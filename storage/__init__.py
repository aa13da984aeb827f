"""Postgres: the tables, their migrations, what workers load and write, and the read queries.

`tables.py` declares the schema, `command_log.py` accepts commands, `facts.py` loads a batch's facts, `outcomes.py`
writes what became of it, `queries/` answers reads. SQL is written by hand and runs on psycopg; rows are mapped to
frozen dataclasses by hand and never leave this package.
"""
