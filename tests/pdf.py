"""The text of a PDF, by the tables that a reader's program copies text with."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_TOKEN = re.compile(rb"/(f\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(\()|(\nET)")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(pdf):
    """The text of each page; a glyph that stands for no letter, as for an emoji, is left out."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    return [_text(page, objects) for page in objects.values() if b"/Type/Page/" in page]


def _text(page, objects):
    resources = _at(rb"/Resources (\d+) 0 R", page, objects) or page
    fonts = {
        name.decode(): _letters(objects[int(number)], objects)
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
    }
    stream = _content(_at(rb"/Contents (\d+) 0 R", page, objects))
    text, letters, at = [], {}, 0
    while token := _TOKEN.search(stream, at):
        font, digits, bracket, line_end = token.groups()
        codes, at = bytes.fromhex((digits or b"").decode()), token.end()
        if bracket:
            codes, at = _string(stream, at)
        if font:
            letters = fonts[font.decode()]
        elif codes:
            pairs = [codes[each : each + 2] for each in range(0, len(codes), 2)]
            text.append("".join(letters.get(pair, "") for pair in pairs))
        elif line_end:
            text.append("\n")
    return "".join(text)


def _string(stream, begin):
    """The string that begins there, in which brackets may stand in pairs, and where it ends."""
    at, depth = begin, 1
    while depth:
        byte = stream[at : at + 1]
        depth += (byte == b"(") - (byte == b")")
        at += 2 if byte == b"\\" else 1
    return _unescape(stream[begin : at - 1]), at


def _letters(font, objects):
    table = _content(_at(rb"/ToUnicode (\d+) 0 R", font, objects)).decode()
    return {
        bytes.fromhex(code): bytes.fromhex(letter).decode("utf-16-be")
        for code, letter in re.findall(r"^<(\w{4})> <(\w+)>$", table, re.MULTILINE)
    }


def _unescape(string):
    return _ESCAPE.sub(lambda found: _escaped(found[1]), string)


def _escaped(code):
    return bytes([int(code, 8)]) if code.isdigit() else _ESCAPED.get(code, code)


def _content(body):
    return zlib.decompress(_STREAM.search(body)[1])


def _at(reference, body, objects):
    found = re.search(reference, body)
    return objects[int(found[1])] if found else None
