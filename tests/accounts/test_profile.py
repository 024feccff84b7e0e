"""What people choose for themselves."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from app.accounts.actions import Browser, sign_in
from app.accounts.profile import Profile, edit_profile, get_avatar, remove_avatar, set_avatar
from app.accounts.queries import SignedIn, find_signed_in
from app.accounts.rules import Claims
from app.database.audit import AuditEntry
from app.database.scope import organization_scope
from app.errors import Invalid, NotFound
from app.organizations.rules import Role
from app.text.languages import Language
from tests.builders import ISSUER, Person, Team, World

MARA = Profile("Mara Lind", None, Language.BRITISH)


def test_a_name_of_ones_own_stays_at_the_next_sign_in(team: Team):
    edit_profile(team.founder.user_id, Profile("Mara L.", None, Language.BRITISH))

    again = sign_in_again(team.founder, "Mara Lindqvist")

    assert again.name == "Mara L."


def test_without_one_the_providers_name_is_taken_anew(team: Team):
    edit_profile(team.founder.user_id, Profile("Mara Lind", "Asia/Tokyo", Language.BRITISH))

    again = sign_in_again(team.founder, "Mara Lindqvist")

    assert (again.name, again.time_zone) == ("Mara Lindqvist", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (Profile("", None, Language.BRITISH), "name"),
        (Profile("x" * 81, None, Language.BRITISH), "name"),
        (Profile("Clock", None, Language.BRITISH), "name"),
        (Profile("Mara", "Mars/Olympus", Language.BRITISH), "time_zone"),
    ],
)
def test_what_makes_no_sense_is_refused(team: Team, profile: Profile, field: str):
    with pytest.raises(Invalid) as refusal:
        edit_profile(team.founder.user_id, profile)

    assert list(refusal.value.faults) == [field]


def test_what_changed_is_written_down_and_what_did_not_is_not(team: Team):
    edit_profile(team.founder.user_id, Profile("Mara L.", None, Language.GERMAN), address="203.0.113.9")
    edit_profile(team.founder.user_id, Profile("Mara L.", None, Language.GERMAN))

    written = [entry for entry in entries(team) if entry.action == "profile.edited"]
    assert [entry.changes for entry in written] == [{"name": ["Mara Lind", "Mara L."], "language": [None, "de"]}]
    assert written[0].address == "203.0.113.9"


def test_a_new_picture_has_a_new_address_and_the_old_one_is_gone(team: Team):
    user_id = team.founder.user_id
    set_avatar(user_id, picture("red"))
    first = signed_in(team.founder).avatar_id
    set_avatar(user_id, picture("blue"))
    second = signed_in(team.founder).avatar_id

    assert first != second
    assert first is not None
    assert second is not None
    assert get_avatar(second, seen_by=user_id).startswith(b"RIFF")
    with pytest.raises(NotFound):
        get_avatar(first, seen_by=user_id)


def test_colleagues_see_a_picture_and_strangers_do_not(world: World, team: Team):
    set_avatar(team.founder.user_id, picture("red"))
    avatar_id = signed_in(team.founder).avatar_id
    assert avatar_id is not None
    colleague, stranger = team.member(Role.VIEWER), world.team("Contoso", "contoso").founder

    assert get_avatar(avatar_id, seen_by=colleague.user_id)
    with pytest.raises(NotFound):
        get_avatar(avatar_id, seen_by=stranger.user_id)


def test_a_picture_that_is_removed_is_gone(team: Team):
    set_avatar(team.founder.user_id, picture("red"))
    avatar_id = signed_in(team.founder).avatar_id
    assert avatar_id is not None

    remove_avatar(team.founder.user_id)
    remove_avatar(team.founder.user_id)

    assert signed_in(team.founder).avatar_id is None
    with pytest.raises(NotFound):
        get_avatar(avatar_id, seen_by=team.founder.user_id)
    assert [entry.action for entry in entries(team)][-2:] == ["profile.picture_set", "profile.picture_removed"]


def sign_in_again(person: Person, name: str) -> SignedIn:
    """As the provider knows them now."""
    number = person.email.removesuffix("@northwind.example").removeprefix("mara")
    token = sign_in(Claims(ISSUER, f"subject-{number}", person.email, name), Browser("Firefox", "127.0.0.1"))
    found = find_signed_in(token)
    assert found is not None
    return found


def signed_in(person: Person) -> SignedIn:
    found = find_signed_in(person.token)
    assert found is not None
    return found


def picture(colour: str) -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 200), colour).save(written, "PNG")
    return written.getvalue()


def entries(team: Team) -> list[AuditEntry]:
    with organization_scope(team.actor()) as scope:
        return list(scope.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
