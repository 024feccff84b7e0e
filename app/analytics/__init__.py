"""Figures of what happened: any period, compared with the one before, to look at and to take along."""
