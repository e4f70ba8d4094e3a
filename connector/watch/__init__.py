"""Somebody is told when something needs a person.

findings.py   what is wrong at this moment, from the database: pure questions
sentences.py  an alarm -> what a person reads
telling.py    who is told, by way of Apprise, outside of the lanes
duties.py     the two periodic duties: look, and tell
"""
