"""Writing down what became of the mails of a batch: one statement, whatever its size.

Counts on the batch go up by what really changed, so that the same outcome written twice counts once. Sent is sent, also
when the lease has run out meanwhile, and nothing makes it undone.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.rules import DeliveryState
from app.delivery.transports import BatchResult

_WRITE = text("""
WITH outcomes AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:provider_ids AS text[]), CAST(:errors AS text[])
    ) AS outcome (id, state, provider_id, error)
), known AS (
    SELECT outcomes.*, delivery.state AS before
    FROM outcomes JOIN deliveries AS delivery
        ON delivery.organization_id = :organization_id AND delivery.id = outcomes.id AND delivery.batch_id = :batch_id
    WHERE delivery.state = 'pending' OR (outcomes.state = 'sent' AND delivery.state <> 'sent')
    FOR UPDATE OF delivery
), written AS (
    UPDATE deliveries SET
        state = known.state, provider_id = known.provider_id, error = known.error,
        sent_at = CASE WHEN known.state = 'sent' THEN CAST(:now AS timestamptz) END,
        is_doubtful = known.state = 'failed' AND :doubtful
    FROM known WHERE deliveries.organization_id = :organization_id AND deliveries.id = known.id
    RETURNING known.before, known.state AS after
), counted AS (
    SELECT
        count(*) FILTER (WHERE after = 'sent') AS sent,
        count(*) FILTER (WHERE after = 'failed') - count(*) FILTER (WHERE before = 'failed') AS failed,
        count(*) FILTER (WHERE before = 'superseded') AS revived
    FROM written
), batch AS (
    SELECT organization_id, id, state = 'sending' AND attempts = :attempt AS is_ours,
        delivery_batches.sent + counted.sent AS sent,
        delivery_batches.failed + counted.failed AS failed,
        delivery_batches.superseded - counted.revived AS superseded,
        delivery_batches.sent + delivery_batches.failed + delivery_batches.superseded + delivery_batches.retried
            + counted.sent + counted.failed - counted.revived >= size AS is_over,
        counted.sent > 0 AS told_somebody
    FROM delivery_batches, counted
    WHERE organization_id = :organization_id AND id = :batch_id
)
UPDATE delivery_batches SET
    sent = batch.sent, failed = batch.failed, superseded = batch.superseded,
    last_sent_at = CASE WHEN batch.told_somebody THEN :now ELSE last_sent_at END,
    lease_until = CASE WHEN NOT batch.is_ours THEN lease_until WHEN NOT batch.is_over THEN :lease_until END,
    finished_at = CASE WHEN batch.is_ours AND batch.is_over THEN :now ELSE finished_at END,
    state = CASE
        WHEN NOT (batch.is_ours AND batch.is_over) THEN delivery_batches.state
        WHEN batch.sent > 0 THEN 'done' WHEN batch.failed > 0 THEN 'failed' ELSE 'superseded'
    END
FROM batch WHERE delivery_batches.organization_id = batch.organization_id AND delivery_batches.id = batch.id
""")


def write_outcomes(
    session: Session,
    key: tuple[UUID, UUID],
    delivery_ids: tuple[UUID, ...],
    result: BatchResult,
    *,
    attempt: int,
    doubtful: bool,
    now: datetime,
    lease: timedelta,
) -> None:
    """Write down which mails were sent and which were refused, by their place in `delivery_ids`; the rest waits.

    Args:
        key: the organization's id and the batch's.
        attempt: whoever has taken the batch since then goes on with it, but what was sent is known to them.
        doubtful: whether an earlier try may have arrived, although this one was refused.
        lease: for so long nobody else is to take what is left of the batch.
    """
    places = [*result.sent, *result.refused]
    organization_id, batch_id = key
    session.execute(
        _WRITE,
        {
            "organization_id": organization_id,
            "batch_id": batch_id,
            "ids": [delivery_ids[place] for place in places],
            "states": [DeliveryState.SENT.value] * len(result.sent)
            + [DeliveryState.FAILED.value] * len(result.refused),
            "provider_ids": [*result.sent.values(), *[None] * len(result.refused)],
            "errors": [*[None] * len(result.sent), *result.refused.values()],
            "attempt": attempt,
            "doubtful": doubtful,
            "now": now,
            "lease_until": now + lease,
        },
    )
