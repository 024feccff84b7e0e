"""Whatever stays open: revisions as they rise, sockets, and the fragments that travel over them."""
