"""What was learned from an incident, told to visitors once it is published."""
