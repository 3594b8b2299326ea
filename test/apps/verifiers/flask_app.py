"""Says who is asking. The snippets of docs/recipes stand in snippet.py, as they would in the application's own file."""
import os

from flask import Flask, abort, g, request

app = Flask(__name__)
with open(os.path.join(os.path.dirname(__file__), "snippet.py")) as snippet:
    exec(snippet.read())


@app.get("/")
def who():
    return {"sub": g.user["sub"] if g.user else None}


@app.post("/a-minute-later")
def a_minute_later():
    global asked_at
    asked_at -= 60
    return {}


app.run("127.0.0.1", int(os.environ["PORT"]))
