"""Text: what people type, cleaned and rendered to harmless HTML; times and numbers in words; languages."""
