"""A stand-in for one Zendesk account: its API, its people and tickets, and the agents' side."""
