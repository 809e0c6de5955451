"""A small DNS server on loopback: it answers from a zone that is written as zone files are."""

from __future__ import annotations

import contextlib
import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Zone:
    """Names and records; names in `failing` get SERVFAIL, names in `silent` no answer at all."""

    def __init__(self, text=""):
        self.records = {}
        self.failing = set()
        self.silent = set()
        self.publish(text)

    def publish(self, text):
        for line in filter(None, map(str.strip, text.splitlines())):
            name, kind, value = line.split(maxsplit=2)
            self.records.setdefault((name.lower(), kind), []).append(value)

    def replace(self, text):
        """Publish, and take away what stood there under the same names and kinds."""
        for line in filter(None, map(str.strip, text.splitlines())):
            name, kind, _ = line.split(maxsplit=2)
            self.records.pop((name.lower(), kind), None)
        self.publish(text)

    def remove(self, name, kind):
        del self.records[name, kind]

    def answer(self, query):
        """None: never."""
        question = query.question[0]
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        if name in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif values := self.records.get((name, kind)):
            response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *values))
        elif not any(f".{known}".endswith(f".{name}") for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@contextlib.contextmanager
def dns_server(zone):
    """Yields where to ask it, as --nameserver wants it."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, socket = self.request
            if answer := zone.answer(dns.message.from_wire(data)):
                socket.sendto(answer.to_wire(), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
