"""What Northwind Cloud says in a hurry, written in calm hours."""

from app.incidents.message_templates.actions import TemplateDetails
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.rules import Impact, Stage

TEXTS = (
    TemplateDetails(
        TemplateKind.INCIDENT,
        "Requests fail",
        "Some requests to {{ services }} fail. We are looking for the cause. If a request fails, it is safe to send it"
        " again.",
        title="Errors on {{ services }}",
        stage=Stage.INVESTIGATING,
        impact=Impact.MAJOR,
    ),
    TemplateDetails(
        TemplateKind.INCIDENT,
        "Everything is slow",
        "{{ services }} answers slowly. Nothing is lost. We are looking for the cause.",
        title="{{ services }} is slow",
        stage=Stage.INVESTIGATING,
        impact=Impact.MINOR,
    ),
    TemplateDetails(
        TemplateKind.UPDATE,
        "It is mended, we keep watching",
        "The fault is mended. We keep watching for an hour before we call it resolved.",
        stage=Stage.MONITORING,
    ),
    TemplateDetails(
        TemplateKind.MAINTENANCE,
        "Restarts, one after the other",
        "Hosts of {{ services }} are restarted one after the other. Connections that are open for long may be reset"
        " **once**.",
        title="Restarts of {{ services }}",
    ),
)
