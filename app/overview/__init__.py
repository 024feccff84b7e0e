"""What members see first: what needs attention, how things are, and what to do first."""
