"""Where the views of the desk hang; `app` imports the modules that hold them."""

from flask import Blueprint

pages = Blueprint("staff", __name__, url_prefix="/staff")
