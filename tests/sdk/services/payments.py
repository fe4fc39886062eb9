"""Charges cards, in Python with Sentry's SDK: wants a token of `auth` first, and fails where it gets none."""

import os
import urllib.error
import urllib.request

import bottle
import sentry_sdk
from sentry_sdk.integrations.bottle import BottleIntegration

from serving import serve

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"],
    release="payments@2.3.0",
    environment="staging",
    traces_sample_rate=1.0,
    integrations=[BottleIntegration(transaction_style="url")],
)
application = bottle.Bottle()


class NotAuthenticated(Exception):
    pass


def token(authorization):
    request = urllib.request.Request(
        f"{os.environ['AUTH_URL']}/token", headers={"Authorization": authorization}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read()
    except urllib.error.HTTPError as refused:
        # The SDK's span of the call ends with its answer's body.
        refused.read()
        if refused.code == 401:
            raise NotAuthenticated("User not authenticated") from refused
        raise


@application.post("/charge")
def charge():
    token(bottle.request.get_header("Authorization", ""))
    return "charged"


serve(application, lambda: sentry_sdk.flush(timeout=10))
