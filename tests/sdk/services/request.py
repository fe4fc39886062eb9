"""Starts the three services, sends one payment through them whose token has expired, and lets them say their last.

Each reports where the environment says: GATEWAY_DSN, PAYMENTS_DSN (SENTRY_DSN where there is one for all), OTLP_URL and
AUTH_KEY. Prints the status of the answer.
"""

import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
SECONDS_MAX = 30


class Service:
    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | environment, text=True
        )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(SECONDS_MAX) == 0, self.process.args


def pay(gateway):
    request = urllib.request.Request(
        f"{gateway.url}/api/payment", method="POST", headers={"Authorization": "Bearer expired"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return answer.status
    except urllib.error.HTTPError as failed:
        return failed.code


def main():
    dsn = os.environ.get("SENTRY_DSN", "")
    shared = urllib.parse.urlsplit(dsn)
    python = [sys.executable, "-B"]
    auth = Service(
        [*python, HERE / "auth.py"],
        {
            "OTLP_URL": os.environ.get("OTLP_URL", f"http://{shared.hostname}:{shared.port}"),
            "SENTRY_KEY": os.environ.get("AUTH_KEY", shared.username or ""),
        },
    )
    payments = Service(
        [*python, HERE / "payments.py"],
        {"SENTRY_DSN": os.environ.get("PAYMENTS_DSN", dsn), "AUTH_URL": auth.url},
    )
    gateway = Service(
        ["node", HERE / "gateway.cjs"],
        {
            "SENTRY_DSN": os.environ.get("GATEWAY_DSN", dsn),
            "AUTH_URL": auth.url,
            "PAYMENTS_URL": payments.url,
            "NODE_PATH": str(HERE.parent / "node/node_modules"),
        },
    )
    print(pay(gateway))
    for service in (gateway, payments, auth):
        service.end()


main()
