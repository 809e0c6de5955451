"""A mail server that does what a file says: `python -m bench.moody_relay MAILDIR PORT FILE`.

The file holds one of the fates of bench/bad_days.py, or nothing: then every mail is taken.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bench.bad_days import BadConnection, BadDays
from local.smtp import HOST


class MoodyRelay(BadDays):
    def __init__(self, folder: Path, mood: Path) -> None:
        super().__init__(folder, seed=0)
        self.mood = mood

    def fate(self) -> str:
        return self.mood.read_text()


async def serve(folder: Path, port: int, mood: Path) -> None:
    relay = MoodyRelay(folder, mood)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BadConnection(relay), HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
