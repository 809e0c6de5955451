"""`make bench`: Django is set up before anything that needs models is imported."""

import sys

import django

django.setup()

from bench.parts import main  # noqa: E402 - see above

if __name__ == "__main__":
    main(sys.argv[1:])
