"""Keeps the public log of each petition: what waits for it, and how it is published.

docs/ledger.md says what a log proves and what it does not.
"""
