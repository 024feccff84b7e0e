"""What public texts said before they were edited: kept for members, whatever the text belongs to."""
