"""What operators ask of the database: figures of a period, what is live now, one conversation whole.

An episode counts in the period in which it began. Of those that are over each has one outcome, so
that outcomes sum to 100 %; those that go on are counted beside them.
"""
