"""A browser that keeps cookies and brings back what forms hold."""

import re
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.stack.desks import PASSWORD


@dataclass
class Browser:
    """A browser of one person: keeps cookies, brings back what forms hold."""

    app: Flask
    https: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = Client(self.app)
        self.base_url = "https://localhost" if self.https else "http://localhost"

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(
            path, base_url=self.base_url, headers=self.headers | headers
        )

    def post(
        self, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> TestResponse:
        """Post exactly this form."""
        return self.client.post(
            path,
            data=form or {},
            base_url=self.base_url,
            headers=self.headers | headers,
        )

    def submit(self, page: str, action: str, **fields: str) -> TestResponse:
        """Fill in the form of `page` that goes to `action`, and send it."""
        text = self.get(page).text
        return self.post(action, hidden_of(text, action) | fields)

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        return self.submit(
            "/staff/sign-in", "/staff/sign-in", username=username, password=password
        )


def hidden_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form of a page that goes to `action`."""
    form = re.search(
        rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL
    )
    assert form, f"no form goes to {action}"
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0])
    return dict(pairs)


def text_of(response: TestResponse) -> str:
    """The words of a page, without its marks."""
    bare = re.sub(r"<[^>]+>", " ", response.text)
    return " ".join(bare.split())
