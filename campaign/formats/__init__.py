"""How dates, times and numbers look where Django has no format, or one that reads foreign here."""
