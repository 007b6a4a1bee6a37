"""Where the views of the head office hang; the staff app imports what holds them."""

from flask import Blueprint

pages = Blueprint("admin", __name__, url_prefix="/admin")
