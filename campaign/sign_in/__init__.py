"""How organizers get in: a name and a password, and then a second factor; or a passkey alone.

allauth has the pages, axes counts wrong passwords. What is here is how this site uses them.
See docs/decisions/0026-two-factors.md.
"""
