"""HTTP in, HTTP out: JSON resources and live events. Start at `app.py`; one file for each resource in `routes/`.

The API knows few doors: `workers.inbox` hands in a command, `storage.queries` reads answers, and what is a member's
own to say goes to `storage.preferences`, `storage.push_subscriptions` and `storage.read_marks`. `commanding.py` waits
for outcomes, `hub.py` hears of them, `problems.py` words every refusal, `pages.py` serves the few pages for people.
"""
