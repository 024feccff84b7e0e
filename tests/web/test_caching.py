"""Which answers may be kept for all: each public page, and nothing that belongs to somebody."""

from uuid import UUID

import pytest
from flask import Flask

from app.web.caching import shared_reads

ANY = UUID(int=1)


@pytest.mark.parametrize(
    "path",
    [
        "/northwind",
        f"/northwind/incidents/{ANY}",
        f"/northwind/services/{ANY}",
        f"/northwind/services/{ANY}/days/2026-11-21",
        "/api/northwind/status",
    ],
)
def test_public_reads_are_shared(app: Flask, path: str):
    assert shared_reads(app)(path)


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard",
        "/dashboard/northwind",
        "/auth/callback",
        "/onboarding",
        "/northwind/live",
        "/northwind/fragments",
        "/northwind/subscribe/confirm/token",
        "/northwind/unsubscribe/token",
        "/northwind/",
        "/healthz",
        "/static/public.css",
        "/",
    ],
)
def test_nothing_else_is(app: Flask, path: str):
    assert not shared_reads(app)(path)
