"""A route that does nothing, on the same server with the same settings: no application can answer more often."""

from flask import Flask, Response, jsonify


def create_app() -> Flask:
    """Return the WSGI application; every address is answered with the same few bytes of JSON."""
    app = Flask(__name__)

    @app.route("/<path:_>", methods=["GET", "POST"])
    def nothing(_: str) -> Response:
        return jsonify(id="", kind="nothing", status="applied")

    return app
