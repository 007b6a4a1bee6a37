"""Addresses of static files that change with their content, so they cache for ever."""

from hashlib import sha256
from pathlib import Path

from flask import Flask, url_for


def register(app: Flask) -> None:
    """Give templates `asset(name)`: the file's address with a digest of its content."""
    folder = Path(app.static_folder or "")
    digests = {
        path.name: sha256(path.read_bytes()).hexdigest()[:8]
        for path in folder.iterdir()
        if path.is_file()
    }

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=digests[name])

    app.jinja_env.globals["asset"] = asset
