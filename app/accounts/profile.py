"""What people choose for themselves: name, picture, time zone, and how dates and numbers are written for them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from app import clock
from app.accounts.models import Avatar, User
from app.accounts.names import check_person_name
from app.accounts.pictures import encode_avatar
from app.accounts.records import record_everywhere
from app.database.audit import Changes
from app.database.ids import new_id
from app.database.scope import system_scope
from app.errors import Invalid, NotFound
from app.organizations.models import Membership
from app.organizations.rules import is_time_zone
from app.text.languages import Language


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person chose. `time_zone` is None for the organization's."""

    name: str
    time_zone: str | None
    language: Language


def edit_profile(user_id: UUID, profile: Profile, *, address: str = "") -> None:
    """Change name, time zone or language. A name of one's own stays when the provider says another one.

    Raises:
        Invalid: a field is refused.
    """
    if faults := _faults_of(profile):
        raise Invalid(faults)
    with system_scope("a person is the same person in all their organizations") as scope:
        user = scope.session.get_one(User, user_id, with_for_update=True)
        language = None if profile.language is Language.BRITISH and user.language is None else profile.language
        changes = _differences(user, name=profile.name, time_zone=profile.time_zone, language=language)
        if not changes:
            return
        user.name_is_own = user.name_is_own or "name" in changes
        user.name, user.time_zone, user.language = profile.name, profile.time_zone, language
        scope.session.flush()
        record_everywhere(scope, user_id, "profile.edited", address=address, changes=changes)


def set_avatar(user_id: UUID, upload: bytes, *, address: str = "") -> None:
    """Take a picture, in place of an earlier one.

    Raises:
        Invalid: it is too large, or no picture that we read.
    """
    image = encode_avatar(upload)
    with system_scope("a person is the same person in all their organizations") as scope:
        user = scope.session.get_one(User, user_id, with_for_update=True)
        scope.session.execute(delete(Avatar).where(Avatar.user_id == user_id))
        avatar = Avatar(id=new_id(), user_id=user_id, image=image, created_at=clock.now())
        scope.session.add(avatar)
        user.avatar_id = avatar.id
        scope.session.flush()
        record_everywhere(scope, user_id, "profile.picture_set", address=address)


def remove_avatar(user_id: UUID, *, address: str = "") -> None:
    """Go without a picture; initials stand there again."""
    with system_scope("a person is the same person in all their organizations") as scope:
        user = scope.session.get_one(User, user_id, with_for_update=True)
        if user.avatar_id is None:
            return
        scope.session.execute(delete(Avatar).where(Avatar.user_id == user_id))
        user.avatar_id = None
        scope.session.flush()
        record_everywhere(scope, user_id, "profile.picture_removed", address=address)


def get_avatar(avatar_id: UUID, *, seen_by: UUID) -> bytes:
    """A picture as WebP, for its owner and for whoever shares an organization with them.

    Raises:
        NotFound: there is no such picture, or it is none of theirs.
    """
    with system_scope("a picture belongs to a person, not to one of their organizations") as scope:
        owner = scope.session.scalar(select(Avatar).where(Avatar.id == avatar_id))
        if owner is None:
            raise NotFound
        theirs = select(Membership.organization_id).where(Membership.user_id == seen_by)
        shared = select(Membership.user_id).where(
            Membership.user_id == owner.user_id, Membership.organization_id.in_(theirs)
        )
        if owner.user_id != seen_by and scope.session.scalar(shared.limit(1)) is None:
            raise NotFound
        return owner.image


def _faults_of(profile: Profile) -> dict[str, str]:
    faults = {}
    if fault := check_person_name(profile.name):
        faults["name"] = fault
    if profile.time_zone is not None and not is_time_zone(profile.time_zone):
        faults["time_zone"] = "Choose a time zone from the list."
    return faults


def _differences(user: User, **wanted: object) -> Changes:
    return {field: (getattr(user, field), value) for field, value in wanted.items() if getattr(user, field) != value}
