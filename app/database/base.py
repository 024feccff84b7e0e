"""The declarative base of all tables, and the column types that they share."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from app.database.ids import new_id


class Base(DeclarativeBase):
    """Each table says which tenant owns its rows: by `TenantTable`, or by a `global_reason` of its own."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads this from the class
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
    }


class Words(TypeDecorator[StrEnum]):
    """A `StrEnum` kept as text; the table's check constraint lists its values."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: object) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: object) -> StrEnum | None:
        return None if value is None else self.words(value)


OrganizationId = Annotated[UUID, mapped_column(primary_key=True)]
"""First half of every tenant table's key: rows of one organization lie together, and foreign keys carry it."""

RowId = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
