"""Static files: addresses that follow the content, compression, caching; and the third-party files as they came."""

import gzip
import hashlib
import re
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.assets import BUNDLES, Assets
from tests.templates.preview import APP

STATIC = APP / "static"


def address(app: Flask, name: str) -> str:
    url = app.jinja_env.globals["static_url"]
    assert callable(url)
    return str(url(name))


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    for bundle in BUNDLES.values():
        for part in bundle:
            (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / part).write_text("first")
    before = Assets(tmp_path).address("public.css")

    (tmp_path / "css/public.css").write_text("second")

    assert Assets(tmp_path).address("public.css") != before


def test_a_page_cannot_name_a_file_that_is_not_there(preview_app: Flask) -> None:
    with pytest.raises(KeyError):
        address(preview_app, "css/nowhere.css")


def test_the_current_content_may_be_kept_for_ever(preview_app: Flask, preview: FlaskClient) -> None:
    response = preview.get(address(preview_app, "public.css"))

    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.mimetype == "text/css"


@pytest.mark.parametrize("path", ["/static/public.css", "/static/public.0123456789ab.css"])
def test_any_other_address_of_a_file_gives_the_newest_but_must_be_asked_again(preview: FlaskClient, path: str) -> None:
    response = preview.get(path)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize(
    "path", ["/static/", "/static/nowhere.css", "/static/../assets.py", "/static/%2e%2e/assets.py"]
)
def test_nothing_outside_of_the_folder_is_served(preview: FlaskClient, path: str) -> None:
    assert preview.get(path).status_code == 404


def test_the_best_encoding_that_the_browser_takes_is_sent(preview_app: Flask, preview: FlaskClient) -> None:
    path = address(preview_app, "public.css")

    plain = preview.get(path, headers={"Accept-Encoding": "identity"})
    zipped = preview.get(path, headers={"Accept-Encoding": "gzip"})
    best = preview.get(path, headers={"Accept-Encoding": "gzip, deflate, br"})
    refused = preview.get(path, headers={"Accept-Encoding": "br;q=0, gzip;q=0"})

    assert gzip.decompress(zipped.data) == brotli.decompress(best.data) == plain.data == refused.data
    assert (zipped.content_encoding, best.content_encoding, plain.content_encoding) == ("gzip", "br", None)
    assert "Accept-Encoding" in best.headers["Vary"]


def test_what_the_browser_has_is_not_sent_again(preview_app: Flask, preview: FlaskClient) -> None:
    path = address(preview_app, "public.css")
    etag = preview.get(path).headers["ETag"]

    response = preview.get(path, headers={"If-None-Match": etag})

    assert (response.status_code, response.data) == (304, b"")


def test_third_party_files_are_as_they_were_published() -> None:
    lines = [line.split() for line in (STATIC / "vendor/VERSIONS").read_text().splitlines() if line[0] != "#"]

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (STATIC / "vendor").glob("*.js")}

    assert {name: digest for name, _, _, digest in lines} == found


def test_each_style_sheet_closes_what_it_opens() -> None:
    for path in (STATIC / "css").glob("*.css"):
        rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        assert rules.count("{") == rules.count("}"), path.name


def test_each_script_and_style_sheet_says_first_what_it_is_for() -> None:
    for path in [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")]:
        assert path.read_text().startswith(("/* ", "// ")), path.name
