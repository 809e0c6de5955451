"""Lithuanian groups digits with a space, not with the full stop that Django has."""

THOUSAND_SEPARATOR = "\xa0"
