"""A map of the world on which every country is one tile, so that small ones can be seen.

The picture is for the eye; the page has the same numbers as a list beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Our own arrangement: neighbours stand near each other, and Europe has room, since most signers
# live there. ISO 3166-1 codes; a country that has no tile is in the list only.
LAYOUT = """
..  ..  ..  ..  ..  ..  ..  ..  ..  IS  ..  ..  ..  NO  SE  FI  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..
..  ..  CA  ..  ..  ..  ..  ..  ..  ..  ..  ..  DK  ..  ..  EE  ..  RU  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..
..  ..  ..  ..  ..  ..  ..  ..  IE  GB  ..  ..  ..  ..  ..  LV  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..
..  ..  US  ..  ..  ..  ..  ..  ..  ..  NL  DE  ..  PL  LT  BY  ..  ..  KZ  ..  ..  MN  ..  ..  ..  ..  ..  ..
..  ..  ..  ..  ..  ..  ..  ..  ..  ..  BE  LU  CZ  SK  UA  ..  ..  ..  UZ  KG  ..  ..  KP  ..  JP  ..  ..  ..
..  ..  ..  ..  ..  ..  ..  ..  ..  FR  CH  LI  AT  HU  RO  MD  ..  GE  TM  TJ  ..  CN  KR  ..  ..  ..  ..  ..
..  ..  MX  ..  CU  BS  ..  ..  AD  MC  IT  SM  SI  HR  RS  BG  ..  AM  AZ  AF  NP  BT  ..  ..  TW  ..  ..  ..
..  ..  GT  BZ  JM  HT  DO  PT  ES  ..  ..  VA  BA  ME  XK  MK  TR  IQ  IR  PK  IN  BD  MM  LA  VN  ..  ..  ..
..  ..  SV  HN  ..  KN  AG  ..  ..  ..  MT  ..  ..  AL  GR  CY  SY  JO  KW  BH  LK  ..  TH  KH  PH  ..  ..  ..
..  ..  ..  NI  ..  VC  DM  ..  ..  MA  DZ  TN  LY  EG  ..  LB  IL  SA  QA  AE  MV  ..  MY  SG  BN  PW  FM  MH
..  ..  ..  CR  PA  GD  LC  BB  CV  MR  ML  NE  TD  SD  ER  DJ  PS  YE  OM  ..  ..  ..  ..  ID  TL  NR  KI  ..
..  ..  ..  ..  CO  VE  TT  ..  SN  GM  BF  NG  CM  SS  ET  SO  ..  ..  ..  ..  ..  ..  ..  ..  PG  SB  TV  ..
..  ..  ..  EC  ..  GY  SR  ..  GW  GN  TG  BJ  CF  UG  KE  ..  ..  ..  ..  ..  ..  ..  ..  AU  ..  VU  WS  ..
..  ..  ..  PE  BR  ..  ..  ..  SL  CI  GH  GQ  CG  RW  TZ  SC  ..  ..  ..  ..  ..  ..  ..  ..  ..  FJ  TO  ..
..  ..  ..  BO  PY  ..  ..  ..  LR  ..  ST  GA  CD  BI  MW  KM  ..  ..  ..  ..  ..  ..  ..  ..  ..  NZ  ..  ..
..  ..  ..  CL  AR  UY  ..  ..  ..  ..  ..  AO  ZM  ZW  MZ  MG  MU  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..
..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  NA  BW  ZA  LS  SZ  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..
"""
PLACES = {
    code: (column, row)
    for row, line in enumerate(LAYOUT.split("\n")[1:-1])
    for column, code in enumerate(line.split())
    if code != ".."
}
COLUMNS = 1 + max(column for column, _ in PLACES.values())
ROWS = 1 + max(row for _, row in PLACES.values())
# A tile is nine units wide and stands ten units from the next.
PITCH = 10
SHADES = 4


@dataclass(frozen=True)
class Tile:
    """A country with signers; x and y are its upper left corner."""

    code: str
    count: int
    x: int
    y: int
    shade: int
    """1, light, to 4, dark: each step is several times as many signers."""


@dataclass(frozen=True)
class TileMap:
    tiles: list[Tile]
    others: str
    """The tiles of all other countries, as the data of one SVG path."""

    width = COLUMNS * PITCH - 1
    height = ROWS * PITCH - 1


def tile_map(counts: Mapping[str, int]) -> TileMap:
    """Of the signers by country code."""
    most = max(counts.values(), default=1)
    tiles = [
        Tile(code, counts[code], column * PITCH, row * PITCH, _shade(counts[code], most))
        for code, (column, row) in PLACES.items()
        if counts.get(code)
    ]
    others = [place for code, place in PLACES.items() if not counts.get(code)]
    path = "".join(f"M{column * PITCH} {row * PITCH}h9v9h-9z" for column, row in others)
    return TileMap(tiles, path)


def _shade(count: int, most: int) -> int:
    """By order of magnitude, so that one large country does not leave all others pale."""
    if most == 1:
        return SHADES
    return max(1, min(SHADES, 1 + int(SHADES * (count / most) ** 0.5)))
