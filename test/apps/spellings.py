"""A Flask app as it comes: a page with a last slash is also found without it, by a redirect; paths are decoded first."""
import os

from flask import Flask, request

app = Flask(__name__)


@app.get("/flask/account/secret/")
@app.get("/flask/admin")
def secret():
    return {"secret": True, "url": request.full_path}


@app.get("/<path:rest>")
def page(rest):
    return {"secret": False, "url": request.full_path}


app.run("127.0.0.1", int(os.environ["PORT"]))
