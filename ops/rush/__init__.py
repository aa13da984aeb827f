"""`seatline rush`: members storm sessions over HTTP, and the journal says whether the line was kept.

`scene` makes the sessions and members, `storm` sends, `measured` reads from the journal what happened, `report` puts
it together, `page` and `charts` draw it, `run` is the whole of it.
"""
