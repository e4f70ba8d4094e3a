"""The database: what happened (inbox), what to do (outbox, timers), and what is (conversations).

Functions here take a SQLAlchemy connection and do one thing in its transaction; `Database` gives out
the transactions.
"""
