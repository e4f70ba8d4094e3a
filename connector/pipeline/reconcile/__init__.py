"""What webhooks missed: providers are asked from time to time, and what they tell goes the usual way.

    ticker.py    keeps the duties, each in a thread of its own and once in a fleet
    tickets.py   tickets under way: has one changed since it was looked at last?
    history.py   all linked tickets: what happened to them while nobody listened?
    received.py  channels: what did customers write that never arrived?

Whatever is found is stored under the name that makes it one with its webhook, or that makes a second
finding of it known: asking twice changes nothing.
"""
