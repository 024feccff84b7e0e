"""What the blueprints share: who asks, what may be kept of an answer, limits, faults and languages."""
