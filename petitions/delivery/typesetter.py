"""Typesets one PDF, as a program of its own: the design's path as argument, its input on stdin.

Typst keeps what it has worked out for the next document, over a gigabyte after a hundred thousand
names. A process that ends gives all of it back. What goes in and out are pipes, never files, and
the process inherits no environment, so no keys.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import typst


class CannotTypeset(Exception):
    """The typesetter failed. It names nobody: what it was to set is not told."""

    says_nothing_of_people = True


def typeset(design: Path, data: dict[str, Any], *, timestamp: int) -> bytes:
    """The PDF that `design` makes of `data`, which it reads as the input "data".

    Raises:
        CannotTypeset: it made none.
    """
    order = {"data": json.dumps(data), "timestamp": timestamp}
    program = [sys.executable, "-I", __file__, str(design)]
    done = subprocess.run(  # noqa: S603 - our own program
        program,
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        # Its complaints could quote signers into the worker's log.
        stderr=subprocess.DEVNULL,
        env={},
        check=False,
    )
    if done.returncode:
        raise CannotTypeset(f"The typesetter ended with {done.returncode} at {design.name}.")
    return done.stdout


def _typeset_what_comes_in(design: Path) -> None:
    order = json.load(sys.stdin.buffer)
    pdf = typst.compile(
        design.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        timestamp=order["timestamp"],
        sys_inputs={"data": order["data"]},
    )
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    _typeset_what_comes_in(Path(sys.argv[1]))
