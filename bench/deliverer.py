"""One of the deliverer's hands: `python -m bench.deliverer`.

For each line on standard input it sends all letters that are due, as Celery's task does tick after
tick, and answers with their number.
"""

import sys

import django

django.setup()

from petitions.delivery.queue import send_letters  # noqa: E402 - models need the set-up above


def main() -> None:
    print("ready", flush=True)
    for _ in sys.stdin:
        print(sum(iter(send_letters, 0)), flush=True)


if __name__ == "__main__":
    main()
