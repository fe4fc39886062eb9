"""One Python program for every generation of sentry-sdk.

It fails in a checkout the way real programs do and prints, as one JSON line, what it sent.
"""

import json
import logging
import os

import sentry_sdk
from tenacity import Retrying, stop_after_attempt

RELEASE = os.environ.get("REPORT_RELEASE", "shop-python@2.4.1")
MODE = os.environ.get("REPORT_MODE", "exception")
MAJOR = int(sentry_sdk.VERSION.split(".")[0])

USER = {"id": "4711", "email": "ada@example.com", "username": "ada"}
TAGS = {"tenant": "acme", "plan": "gold"}


class PaymentDeclined(Exception):
    pass


def open_gateway_connection(amount):
    raise ConnectionError("gateway answered 502")


def charge_card_with_gateway(amount):
    try:
        open_gateway_connection(amount)
    except ConnectionError as cause:
        raise PaymentDeclined(f"Card declined for {amount} EUR") from cause


def checkout_shopping_cart():
    # tenacity stands for the libraries a real stack passes through: its frames are not ours.
    Retrying(stop=stop_after_attempt(1), reraise=True)(charge_card_with_gateway, 42.5)


def set_up_scope():
    sentry_sdk.set_user(USER)
    for key, value in TAGS.items():
        sentry_sdk.set_tag(key, value)
    sentry_sdk.set_context("cart", {"items": 3, "currency": "EUR"})
    # The logging integration turns this record into the first breadcrumb.
    logging.getLogger("shop.cart").info("cart loaded with %d items", 3)
    sentry_sdk.add_breadcrumb(
        type="http",
        category="httplib",
        level="warning",
        data={"url": "http://gateway.example.com/charge", "method": "POST", "status_code": 502},
    )
    sentry_sdk.add_breadcrumb(
        category="cart", message="voucher quetzalcoatl applied", level="debug", data={"voucher": "SUMMER"}
    )


def fail_in_checkout():
    try:
        checkout_shopping_cart()
    except PaymentDeclined as error:
        return sentry_sdk.capture_exception(error)


def send():
    set_up_scope()
    if MODE == "message":
        return sentry_sdk.capture_message("stock is low for sku 8812", level="warning")
    if MODE == "transaction":
        with sentry_sdk.start_transaction(op="http.server", name="POST /checkout"):
            with sentry_sdk.start_span(op="db"):
                pass
            return fail_in_checkout()
    if MODE == "session":
        scope = sentry_sdk.Hub.current if MAJOR < 2 else sentry_sdk.get_isolation_scope()
        scope.start_session(session_mode="application")
        event_id = fail_in_checkout()
        scope.end_session()
        return event_id
    return fail_in_checkout()


def main():
    logging.basicConfig(level=logging.INFO)
    sentry_sdk.init(
        dsn=os.environ["SENTRY_DSN"],
        release=RELEASE,
        environment="staging",
        server_name="web-1",
        traces_sample_rate=1.0,
        send_default_pii=True,
    )
    event_id = send()
    sentry_sdk.flush(timeout=10)
    is_message = MODE == "message"
    print(
        json.dumps(
            {
                "event_id": event_id,
                "type": None if is_message else "PaymentDeclined",
                "value": "stock is low for sku 8812" if is_message else "Card declined for 42.5 EUR",
                "cause": None if is_message else {"type": "ConnectionError", "value": "gateway answered 502"},
                # Outermost first, as frames are listed.
                "in_app_functions": ["checkout_shopping_cart", "charge_card_with_gateway"],
                "library": "tenacity",
                "release": RELEASE,
                "environment": "staging",
                "user": USER,
                "tags": TAGS,
                "breadcrumbs": [
                    {"category": "shop.cart", "message": "cart loaded with 3 items", "level": "info"},
                    {"category": "httplib", "message": None, "level": "warning"},
                    {"category": "cart", "message": "voucher quetzalcoatl applied", "level": "debug"},
                ],
                "context": {"cart": {"items": 3, "currency": "EUR"}},
            }
        )
    )


main()
