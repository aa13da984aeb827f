"""HTTP in, HTTP out: JSON resources and live events. Start at `app.py`; one file for each resource in `routes/`.

The API knows two doors: `workers.inbox` hands in a command, `storage.queries` reads answers. `commanding.py` waits
for outcomes, `hub.py` hears of them, `problems.py` words every refusal.
"""
