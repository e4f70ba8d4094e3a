"""What the connector knows and decides, without I/O: the standard library only.

ids -> conversation, tickets, turns -> events, effects -> decide. Nothing here reads a clock, a file
or a network; time comes in with the events.
"""
