"""What a page's words may be."""

import pytest

from app.pages.settings import HeaderLink, check_header_links, check_page_name, check_support_address, support_link


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/path",
        "https://",
        "https://user:pass@evil.example",
        "https://evil.example@northwind.example",
        "https://ex ample.com",
        "https://example.com/\u202e",
        "https://exam_ple.com",
        "https://example.com:99999",
        "https://[::1",
        "ftp://example.com",
        "https://example.com/" + "x" * 500,
    ],
)
def test_a_link_that_is_no_whole_web_address_is_refused(url: str):
    assert check_header_links([HeaderLink("Docs", url)]) == {
        "link_0": "Write a whole address, like https://example.com/help."
    }


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://example.com:8080/a?b=c#d", "https://bücher.example/x", "https://localhost/x"]
)
def test_whole_web_addresses_are_taken(url: str):
    assert check_header_links([HeaderLink("Docs", url)]) == {}


@pytest.mark.parametrize(
    ("typed", "link", "is_good"),
    [
        ("help@northwind.example", "mailto:help@northwind.example", True),
        ("https://help.northwind.example", "https://help.northwind.example", True),
        ("", "", True),
        ("mailto:help@northwind.example?bcc=x@evil.example", "mailto:help@northwind.example?bcc=x@evil.example", False),
        ("http://help.northwind.example", "http://help.northwind.example", False),
        ("help", "help", False),
    ],
)
def test_a_support_address_is_a_mailbox_or_a_secure_address(typed: str, link: str, is_good: bool):
    assert support_link(typed) == link
    assert (check_support_address(link) is None) is is_good


def test_a_page_has_a_name_of_reasonable_length():
    assert check_page_name("Northwind EU") is None
    assert check_page_name("")
    assert check_page_name("x" * 81)
