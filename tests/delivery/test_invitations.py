"""Invitations in mails: to one address, while they are open, however long the provider is away."""

import re
from datetime import timedelta

from app.accounts.tokens import token_hash
from app.delivery import sweeps
from app.extensions import redis
from app.organizations.rules import Role
from app.teams import invitations
from app.teams.queries import find_invitation
from app.teams.rules import LIFETIME, RESEND_PAUSE
from tests.builders import Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend

ADDRESS = "ana@customer.example"


def token_in(mail: dict[str, str]) -> str:
    found = re.search(r"http://localhost/invitations/(\S+)", mail["text"])
    assert found is not None
    return found.group(1)


def test_an_invitation_says_who_invites_to_what_as_what_and_how_long(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    invitation = team.invite(ADDRESS, Role.EDITOR)
    post.tell()

    (mail,) = resend.accepted
    assert mail["to"] == [ADDRESS]
    assert mail["subject"] == "[Northwind Cloud] Mara Lind invites you to the team"
    assert "as editor: to write about incidents and maintenance" in mail["text"].replace("\n", " ")
    assert "The link works for 7 days" in mail["text"]
    assert token_hash(token_in(mail)) == invitation.token_hash
    assert f'href="http://localhost/invitations/{token_in(mail)}"' in mail["html"]


def test_the_token_is_in_the_mail_and_nowhere_in_the_ledger(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.invite(ADDRESS)
    post.tell()

    (notification,) = ledger.notifications()
    assert token_in(resend.accepted[0]) not in str(notification.notice)


def test_what_people_are_called_is_text_and_never_a_header(team: Team, post: PostOffice, resend: FakeResend) -> None:
    actor = team.actor()
    tricky = type(actor)(actor.organization_id, actor.role, actor.user_id, "<b>M</b>\r\nBcc: all@example.com")
    invitations.invite(ADDRESS, Role.VIEWER, by=tricky)
    post.tell()

    (mail,) = resend.accepted
    assert mail["to"] == [ADDRESS]
    assert "\n" not in mail["subject"]
    assert "<b>M</b>" not in mail["html"]


def test_an_invitation_that_is_revoked_before_it_is_sent_is_not_sent(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    invitation = team.invite(ADDRESS)
    post.fan_out()
    invitations.revoke(invitation.id, by=team.actor())

    post.send_due()

    assert resend.accepted == []
    assert ledger.states() == {ADDRESS: "superseded"}


def test_sent_again_while_the_provider_is_away_only_the_newest_mail_goes_out(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    invitation = team.invite(ADDRESS)
    post.fan_out()
    post.traveller.shift(RESEND_PAUSE)
    invitations.resend(invitation.id, by=team.actor())

    post.tell()

    (mail,) = resend.accepted
    assert find_invitation(token_in(mail)) is not None


def test_each_mail_that_was_sent_again_has_a_token_of_its_own(team: Team, post: PostOffice, resend: FakeResend) -> None:
    invitation = team.invite(ADDRESS)
    post.tell()
    post.traveller.shift(RESEND_PAUSE)

    invitations.resend(invitation.id, by=team.actor())
    post.tell()

    first, second = (token_in(mail) for mail in resend.mails_to(ADDRESS))
    assert find_invitation(first) is None
    assert find_invitation(second) is not None


def test_invitations_made_while_the_provider_is_down_all_arrive_once_it_is_back(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    resend.behaviour.vanish_before = True
    invited = [team.invite(f"new{number}@customer.example").email for number in range(3)]
    post.keep_trying(timedelta(hours=1))
    redis.flushdb()

    resend.behaviour.vanish_before = False
    post.keep_trying(timedelta(minutes=10))

    assert sorted(resend.recipients) == invited


def test_an_invitation_whose_answer_was_lost_is_sent_once(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.invite(ADDRESS)
    resend.behaviour.vanish_after = 1

    post.keep_trying(timedelta(minutes=1))

    assert len(resend.requests) == 2
    assert resend.recipients == [ADDRESS]


def test_when_redis_is_flushed_the_clock_has_the_invitation_sent(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.invite(ADDRESS)
    redis.flushdb()
    post.traveller.shift(sweeps.PATIENCE + timedelta(seconds=1))

    sweeps.ring_for_events()
    post.answer_bells()

    assert resend.recipients == [ADDRESS]


def test_an_invitation_that_has_expired_before_it_could_be_sent_is_not_sent(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.invite(ADDRESS)
    post.fan_out()
    post.traveller.shift(LIFETIME + timedelta(minutes=1))

    post.send_due()

    assert resend.accepted == []
