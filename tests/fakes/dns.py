"""A resolver on 127.0.0.1 that knows what a test tells it, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingUDPServer
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """What there is, by name and type: `zone.records["status.customer.example", "A"] = ["192.0.2.1"]`."""

    address: str = ""
    """Where it is asked, as the setting has it."""
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    is_away: bool = False
    """Answers nothing but "I cannot say"."""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(query, recursion_available=True)
        values = self.records.get((name, kind), [])
        if self.is_away:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            quoted = [f'"{value}"' if kind == "TXT" else value for value in values]
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *quoted))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@contextmanager
def serving(zone: Zone) -> Iterator[Zone]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            socket.sendto(zone.answer(dns.message.from_wire(data)).to_wire(), self.client_address)

    with ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        zone.address = f"127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield zone
        server.shutdown()
        thread.join()
