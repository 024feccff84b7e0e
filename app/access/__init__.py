"""Who may see a page that is not for everybody."""
