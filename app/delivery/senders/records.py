"""Looking up what a domain's records say of mail from it."""

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr

from app.config import MailTransport
from app.delivery.senders import rules
from app.delivery.senders.rules import Finding, Verdict
from app.domains.resolver import ResolverAway, has_address, read_mail_hosts, read_texts
from app.extensions import settings

AWAY = Finding(Verdict.UNKNOWN, "The domain name system did not answer. Try again in a moment.")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that receivers look at, where it stands, and what was found there."""

    title: str
    purpose: str
    name: str
    """Where in the domain name system."""
    finding: Finding
    proposal: str = ""
    """A record to publish there, where that can be said."""


def sending_domain() -> str:
    """The domain of the address that all our mails come from."""
    return parseaddr(settings.mail_from)[1].rpartition("@")[2].lower()


def sending_address() -> str:
    """The address that all our mails come from."""
    return parseaddr(settings.mail_from)[1]


def check_domain(domain: str) -> tuple[Check, ...]:
    """What receivers find when they ask whether mail from a domain is really from it."""
    by_resend = settings.mail_transport is MailTransport.RESEND
    bounces = f"{rules.RESEND_BOUNCES}.{domain}" if by_resend else domain
    include = rules.RESEND_INCLUDE if by_resend else ""
    spf = Check(
        "SPF",
        "Who may send mail for the domain. Receivers look at the domain to which mail that cannot be delivered goes.",
        bounces,
        _ask(lambda: rules.judge_spf(read_texts(bounces), include=include)),
        f"v=spf1 include:{include} ~all" if include else "v=spf1 include:… ~all",
    )
    keys = [
        Check(
            "DKIM",
            "Each mail is signed; the public key stands here, as your mail provider shows it to you.",
            f"{selector}._domainkey.{domain}",
            _ask(lambda selector=selector: rules.judge_dkim(read_texts(f"{selector}._domainkey.{domain}"))),  # type: ignore[misc]
        )
        for selector in settings.mail_dkim_selectors
    ]
    return (spf, *keys, _check_dmarc(domain))


def check_replies(address: str) -> Check:
    """Whether answers to an address can arrive."""
    domain = address.rpartition("@")[2]

    def judge() -> Finding:
        hosts = read_mail_hosts(domain)
        return rules.judge_mail_hosts(hosts, has_address=not hosts and has_address(domain))

    return Check("Answers", "Who takes mail for the domain of your address for answers.", domain, _ask(judge))


def _check_dmarc(domain: str) -> Check:
    names = rules.dmarc_names(domain)

    def judge(name: str) -> Finding:
        return _ask(lambda: rules.judge_dmarc(read_texts(name)))

    name, finding = names[0], judge(names[0])
    for above in names[1:]:
        if finding.verdict is not Verdict.MISSING:
            break
        inherited = judge(above)
        if inherited.verdict is not Verdict.MISSING:
            name, finding = above, inherited
    return Check(
        "DMARC",
        "What receivers do with mail that only claims to be from the domain, and where they report it.",
        name,
        finding,
        "v=DMARC1; p=none; rua=mailto:postmaster@" + domain,
    )


def _ask(judge: Callable[[], Finding]) -> Finding:
    try:
        return judge()
    except ResolverAway:
        return AWAY
