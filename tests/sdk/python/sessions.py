"""A WSGI app whose requests the SDK counts as sessions: three end well, one reports an error, one fails."""

import os
from wsgiref.util import setup_testing_defaults

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"], release=os.environ["REPORT_RELEASE"], environment="staging", auto_session_tracking=True
)


def shop(environ, start_response):
    if environ["PATH_INFO"] == "/declined":
        sentry_sdk.capture_exception(ValueError("card declined"))
    if environ["PATH_INFO"] == "/broken":
        raise ConnectionError("no gateway")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"answered"]


def answer(path):
    environ = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    answered = SentryWsgiMiddleware(shop)(environ, lambda status, headers, *_: None)
    list(answered)
    # The server does so once the answer is on its way; it ends the session.
    getattr(answered, "close", lambda: None)()


for path in ["/fine", "/declined", "/fine", "/broken", "/fine"]:
    try:
        answer(path)
    except ConnectionError:
        pass

sentry_sdk.flush()
