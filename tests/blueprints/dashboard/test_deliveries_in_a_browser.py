"""A notification as somebody watches it go out."""

from playwright.sync_api import expect

from tests.blueprints.conftest import Open
from tests.builders import Team
from tests.delivery.conftest import PostOffice
from tests.delivery.conftest import post as post
from tests.delivery.conftest import resend as resend
from tests.delivery.conftest import transport as transport
from tests.fakes.resend import FakeResend


def test_how_far_it_is_moves_on_by_itself_until_it_is_done(
    team: Team, open_as: Open, home: str, post: PostOffice, resend: FakeResend
):
    for name in ("ada", "bob"):
        team.subscriber(f"{name}@customer.example")
    resend.behaviour.reject["bob@customer.example"] = "550 no such user"
    team.incident("Errors at checkout")
    post.fan_out()
    page = open_as(team.founder, f"{home}/deliveries")
    page.get_by_role("link", name="Incident reported").click()
    expect(page.locator("#progress")).to_contain_text("On their way")

    post.send_due()

    expect(page.get_by_role("heading", name="Sent, not to all")).to_be_visible(timeout=10_000)
    expect(page.locator("#progress progress")).to_have_count(0)
