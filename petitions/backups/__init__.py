"""A copy of the database for bad days: one file, sealed to keys that this machine does not have.

`make.py` writes it, `put_back.py` reads it into an empty database. The reasons are in
docs/decisions/0038-backups.md.
"""
