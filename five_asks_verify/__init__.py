"""Checks a public log of signatures without believing the site that keeps it.

Everything in here needs `cryptography` alone, and knows nothing of the site.
"""
