"""What a browser calls itself, in words that its owner recognises; a pure function."""

# In this order: most browsers also claim to be the ones they descend from.
_BROWSERS = {
    "Edg/": "Edge", "EdgA/": "Edge", "OPR/": "Opera", "SamsungBrowser/": "Samsung Internet", "Firefox/": "Firefox",
    "FxiOS/": "Firefox", "CriOS/": "Chrome", "Chromium/": "Chromium", "Chrome/": "Chrome", "Safari/": "Safari",
    "Firefox": "Firefox", "curl/": "curl",
}  # fmt: skip
_SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS",
    "Macintosh": "Mac", "Linux": "Linux",
}  # fmt: skip


def device_name(user_agent: str) -> str:
    """ "Firefox on Linux"; "An unknown browser" when nothing in it is known."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), None)
    match browser, system:
        case None, None:
            return "An unknown browser"
        case None, _:
            return f"A browser on {system}"
        case _, None:
            return str(browser)
        case _:
            return f"{browser} on {system}"
