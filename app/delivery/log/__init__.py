"""What members see of tellings: each notification with its counts, who was told, who could not be, and trying again."""
