"""Doing the same with all subscribers that were found, however many they are (decision 0037)."""
