"""An import as somebody watches it, and what is done with all of them."""

from pathlib import Path
from uuid import UUID

from playwright.sync_api import expect

from app.subscribers.errands import jobs as errands
from app.subscribers.imports.work import go_through
from app.subscribers.listing import ON_A_PAGE
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.blueprints.dashboard.test_subscribers_all import many
from tests.builders import Team


def test_a_table_is_followed_until_all_are_in_it_and_gone_again(team: Team, open_as: Open, home: str, tmp_path: Path):
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
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_label("bob@customer.example")).to_be_checked()
    check_accessibility(page)
    usual = page.viewport_size or {"width": 1280, "height": 800}
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator("#subscribers .scroll").evaluate("box => box.scrollWidth <= box.clientWidth"), "It fits"
    page.set_viewport_size(usual)

    many(team, ON_A_PAGE)
    page.reload()
    page.get_by_label(f"Select all {ON_A_PAGE + 2} subscribers").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Select all on this page")).to_be_checked()
    page.get_by_role("button", name="Remove and erase").press("Enter")
    check_accessibility(page)
    page.get_by_role("button", name=f"Remove and erase {ON_A_PAGE + 2}").press("Enter")
    expect(page.get_by_role("heading", name="Removing and erasing them")).to_be_visible()
    errands.go_on(str(team.id), page.url.rpartition("/")[2])

    expect(page.get_by_role("heading", name=f"{ON_A_PAGE + 2} subscribers were removed")).to_be_visible(timeout=10_000)
