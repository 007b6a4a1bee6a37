from portal.model.outcome import DenyReason
from portal.service.arrival import Refusal
from portal.web.captive import sentences
from portal.web.i18n import Language, Translator


def test_every_reason_has_a_sentence_and_an_advice_in_every_language() -> None:
    assert sentences.DENY.keys() == set(DenyReason)
    assert sentences.REFUSED.keys() == set(Refusal)

    for language in Language:
        translator = Translator.load(language)
        for words in [*sentences.DENY.values(), *sentences.REFUSED.values()]:
            for text in (words.what, words.advice):
                said = translator.gettext(text, when="12:00")
                assert said
                assert language is Language.EN or said != text % {"when": "12:00"}


def test_a_quota_names_the_hour_of_its_renewal() -> None:
    for reason in (DenyReason.TIME_USED, DenyReason.DATA_USED):
        assert "%(when)s" in sentences.DENY[reason].advice


def test_an_unknown_reason_of_the_access_server_has_words_too() -> None:
    assert sentences.failed(None) == sentences.failed("mtu")
    assert sentences.failed("reject") != sentences.failed("timeout")
