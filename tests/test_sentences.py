"""What a sentence is before anybody knows its language."""

from app.sentences import Sentence, listed


def test_a_sentence_is_its_english_text():
    sentence = Sentence("%(name)s is down.", name="API")

    assert sentence == "API is down."


def test_a_counted_sentence_takes_the_singular_for_one_only():
    texts = [Sentence.counted("%(num)s day", "%(num)s days", number) for number in (0, 1, 2)]

    assert texts == ["0 days", "1 day", "2 days"]


def test_names_are_listed_with_an_and_before_the_last():
    lists = [listed(names) for names in (["API"], ["API", "Shop"], ["API", "Shop", "Mail"])]

    assert lists == ["API", "API and Shop", "API, Shop and Mail"]
