"""Asking the domain name system, through the resolver that the settings name or the system's own.

Always with a deadline. "There is none" is an answer; "nobody answered" is an error, and says nothing of the domain.
"""

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.txtbase import TXTBase

from app.extensions import settings

DEADLINE_SECONDS = 4.0


class ResolverAway(Exception):
    """Nobody answered in time, or only that it cannot say."""


def read_texts(name: str) -> tuple[str, ...]:
    """The TXT records of a name, each with its parts put together (RFC 7208 §3.3); none where there are none.

    Raises:
        ResolverAway: nobody answered.
    """
    found = _ask(name, dns.rdatatype.TXT)
    return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in found if isinstance(one, TXTBase))


def read_mail_hosts(name: str) -> tuple[str, ...]:
    """Who takes mail for a domain, the preferred one first; "." alone says that nobody does (RFC 7505).

    Raises:
        ResolverAway: nobody answered.
    """
    found = sorted((one for one in _ask(name, dns.rdatatype.MX) if isinstance(one, MX)), key=lambda one: one.preference)
    return tuple(one.exchange.to_text(omit_final_dot=True) or "." for one in found)


def has_address(name: str) -> bool:
    """Whether a name has an address, of either kind.

    Raises:
        ResolverAway: nobody answered.
    """
    return bool(_ask(name, dns.rdatatype.A) or _ask(name, dns.rdatatype.AAAA))


def _ask(name: str, kind: dns.rdatatype.RdataType) -> list[object]:
    try:
        whole = dns.name.from_text(name)
        answer = _resolver().resolve(whole, kind, search=False, raise_on_no_answer=False, lifetime=DEADLINE_SECONDS)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape):
        return []  # no such name can be
    except (dns.exception.DNSException, OSError) as fault:
        raise ResolverAway from fault
    return list(answer.rrset or ())


def _resolver() -> dns.resolver.Resolver:
    address = settings.dns_resolver
    if not address:
        return dns.resolver.Resolver()
    host, _, port = address.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host.strip("[]")]
    resolver.port = int(port)
    return resolver
