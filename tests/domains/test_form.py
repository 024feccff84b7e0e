"""The form in which admins give a page its domain."""

from tests.blueprints.reading import read
from tests.domains.conftest import HOST, Owner


def address(owner: Owner, more: str = "") -> str:
    return f"/dashboard/northwind/pages/{owner.team.page.page_id}/domain{more}"


def test_from_entering_a_domain_to_having_it_and_back(owner: Owner):
    browser = owner.team.founder.browser()

    entered = browser.submit(address(owner), {"host": f"https://{HOST.upper()}/"}, follow_redirects=True)
    owner.publish()
    owner.look()
    there = browser.get(address(owner))
    asked = browser.get(address(owner, "/remove"))
    removed = browser.submit(address(owner, "/remove"), follow_redirects=True)

    records = [value.text for value in read(entered.text).all("dd")]
    assert records[:3] == [HOST, "localhost", f"_upfront.{HOST}"]
    assert "The page is at its domain" in there.text
    assert "http://localhost/northwind" in asked.text
    assert "The domain is removed" in removed.text


def test_what_is_no_domain_is_told_beside_the_field_and_kept(owner: Owner):
    answer = owner.team.founder.browser().submit(address(owner), {"host": "status.customer.example:8000"})

    field = read(answer.text).one("input", id="host")
    assert (answer.status_code, field.value) == (422, "status.customer.example:8000")
    assert "without port or path" in read(answer.text).one("span", id="host-error").text


def test_a_look_is_asked_for_by_a_button(owner: Owner):
    browser = owner.team.founder.browser()
    owner.enter()
    owner.look()

    answer = browser.submit(address(owner, "/look"), follow_redirects=True)

    assert "We are looking for the records" in answer.text
    assert 'hx-trigger="load delay:2s"' in answer.text
