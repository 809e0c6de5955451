"""Django's space would let a number break over two lines."""

THOUSAND_SEPARATOR = "\xa0"
