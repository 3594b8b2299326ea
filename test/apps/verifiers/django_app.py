"""Says who is asking. The snippets of docs/recipes stand in snippet.py, as they would in the application's own file."""
import os
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

with open(os.path.join(os.path.dirname(__file__), "snippet.py")) as snippet:
    exec(snippet.read())


def who(request):
    return JsonResponse({"sub": request.asking["sub"] if request.asking else None})


def a_minute_later(request):
    global asked_at
    asked_at -= 60
    return JsonResponse({})


urlpatterns = [path("", who), path("a-minute-later", a_minute_later)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[__name__ + ".authenticate"])
make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application()).serve_forever()
