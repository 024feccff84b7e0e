"""What other programs tell us: no session, no page, a signature instead."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app import clock
from app.delivery.reports.actions import take
from app.delivery.reports.rules import read_report
from app.delivery.reports.signatures import check_signature
from app.errors import NotFound
from app.extensions import csrf, settings

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

LARGEST_REPORT_BYTES = 64 * 1024


@blueprint.post("/resend")
@csrf.exempt  # type: ignore[untyped-decorator]  # the signature says who sends it, and no cookie is read
def resend() -> ResponseReturnValue:
    """What became of a mail. What is about none of ours, or about something else, is heard and has no effect: an answer
    other than 2xx would have it sent again for a day."""
    if not settings.resend_webhook_secrets:
        raise NotFound
    request.max_content_length = LARGEST_REPORT_BYTES
    if (request.content_length or 0) > LARGEST_REPORT_BYTES:
        raise RequestEntityTooLarge
    body = request.get_data(cache=True)
    now = clock.now()
    report_id = check_signature(request.headers, body, settings.resend_webhook_secrets, now)
    report = read_report(request.get_json(force=True, silent=True), now)
    if report is not None:
        take(report_id, report)
    return "", 200
