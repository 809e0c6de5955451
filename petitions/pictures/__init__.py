"""Share pictures: what social networks show beside a link to a petition or to the home page.

The public web draws nothing. The deliverer draws when it ticks and stores the PNG in PostgreSQL.
"""
