"""What members see of their subscribers."""

from app.subscribers.actions import request_subscription
from app.subscribers.listing import Filters, list_subscribers
from tests.builders import Team


def test_who_asked_to_follow_an_incident_is_not_said_to_hear_of_everything(team: Team):
    incident = team.incident("Errors")

    request_subscription(team.page, "ada@customer.example", incident_id=incident.id)

    (listed,) = list_subscribers(team.actor(), Filters()).subscribers
    assert listed.hears_of == ("Errors",)
