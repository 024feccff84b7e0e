"""An import as somebody watches it."""

from pathlib import Path
from uuid import UUID

from playwright.sync_api import expect

from app.subscribers.imports.work import go_through
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.builders import Team


def test_a_table_is_followed_from_the_upload_to_the_last_subscriber(
    team: Team, open_as: Open, home: str, tmp_path: Path
):
    file = tmp_path / "people.csv"
    file.write_text("email\nada@customer.example\nbob@customer.example\nnobody\n")
    page = open_as(team.founder, f"{home}/subscribers")
    page.get_by_role("link", name="Import").click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_label("Where did these people agree").fill("Ticked the box in our shop")
    page.get_by_role("button", name="Upload and look through").click()
    expect(page.get_by_role("heading", name="Looking through the table")).to_be_visible()
    check_accessibility(page)
    import_id = UUID(page.url.rpartition("/")[2])

    go_through(team.id, import_id)
    page.get_by_role("button", name="Import 2").click(timeout=10_000)
    expect(page.get_by_role("heading", name="Taking them in")).to_be_visible()
    go_through(team.id, import_id)

    expect(page.get_by_role("heading", name="2 subscribers were added")).to_be_visible(timeout=10_000)
    page.get_by_role("link", name="Show subscribers").click()
    page.get_by_label("Tick all of these").check()
    expect(page.get_by_label("bob@customer.example")).to_be_checked()
    check_accessibility(page)
