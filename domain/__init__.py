"""The rules of booking: pure functions over frozen facts, the standard library only.

Start at `decide.py`: one command in, one outcome out. `booking.py` holds the rules for booking and cancelling,
`waitlist.py` those for promotion, `training_session.py` those for changing a session, `passes.py` says when a
pass is usable, `notices.py` who must hear what. Nothing here reads a clock, makes an id or does I/O.
"""
