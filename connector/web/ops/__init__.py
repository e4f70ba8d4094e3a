"""The operators' dashboard at /ops/: what goes on, why conversations are handed over, and what to do."""
