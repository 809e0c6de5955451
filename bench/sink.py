"""A mail server that takes every letter and keeps none: `python -m bench.sink`.

It says on its first line at which port it listens.
"""

from __future__ import annotations

import asyncio
from typing import Any

from local.smtp import HOST, SIZE_LIMIT, SMTP, port_of


class Taker:
    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 2.0.0 taken"


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Taker(), data_size_limit=SIZE_LIMIT, hostname="localhost"), HOST, 0
    )
    print(port_of(server), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
