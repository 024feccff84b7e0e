"""What a visitor sees: which page shows what of its organization, how it looks, and for how long it is kept."""
