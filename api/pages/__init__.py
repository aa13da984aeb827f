"""The members' client: pages made on the server of what `/v1` answers, usable without any script.

`blueprint` holds them together and says what is wrong, `visitors` knows who is there, `interface` is the way to `/v1`.
"""
