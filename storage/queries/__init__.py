"""What the API asks the database: one function for each question, answered as frozen dataclasses.

Every query follows one index and reads no more rows than it returns times a small factor. Nothing here takes a lock
or changes a row. All of them raise psycopg's `OperationalError` when the database is away. Instants are UTC.
"""
