from werkzeug.datastructures import Headers

from portal.web.headers import content_policy, protect


def test_a_policy_allows_nothing_but_what_is_named() -> None:
    assert content_policy() == (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def test_form_targets_stand_beside_ourselves_and_once() -> None:
    policy = content_policy(form_targets=["http://a:1", "http://b", "http://a:1"])

    assert "form-action 'self' http://a:1 http://b;" in policy


def test_what_a_view_has_set_stands() -> None:
    headers = Headers({"Referrer-Policy": "origin"})

    protect(headers, "default-src 'none'")

    assert headers["Referrer-Policy"] == "origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
