"""A small Flask app. Its secret key is made at start, so that no other instance can read the sessions it has signed."""
import os

from flask import Flask, redirect, request, session

app = Flask(__name__)
app.secret_key = os.urandom(32)


@app.post("/login")
def login():
    session["user_id"] = request.form["user"]
    return redirect("/profile", 303)


@app.get("/profile")
def profile():
    if "user_id" not in session:
        return {"user": None}, 401
    return {"user": session["user_id"]}


app.run("127.0.0.1", int(os.environ["PORT"]))
