"""News for a browser that asked for it, by the push service that the browser itself names: no third party of ours."""
