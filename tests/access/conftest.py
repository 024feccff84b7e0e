"""Closed pages without the weight of their passwords, which is measured once."""

import pytest

from app.access import passwords


@pytest.fixture(autouse=True)
def _light_passwords(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passwords, "_COST", 16)
