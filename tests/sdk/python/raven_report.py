"""raven, the client before sentry-sdk: protocol version 6, `/store/`, zlib bodies."""

import json
import os

import raven
from raven.transport.http import HTTPTransport

RELEASE = os.environ.get("REPORT_RELEASE", "shop-raven@2.4.1")
USER = {"id": "4711", "email": "ada@example.com", "username": "ada"}
TAGS = {"tenant": "acme", "plan": "gold"}


class PaymentDeclined(Exception):
    pass


def charge_card_with_gateway(amount):
    raise PaymentDeclined(f"Card declined for {amount} EUR")


def checkout_shopping_cart():
    charge_card_with_gateway(42.5)


def main():
    # raven tells its projects by names it knows; older versions of it guess wrong without `include_paths`.
    client = raven.Client(
        os.environ["SENTRY_DSN"],
        transport=HTTPTransport,
        release=RELEASE,
        environment="staging",
        name="web-1",
        include_paths=["__main__"],
        install_sys_hook=False,
    )
    client.user_context(USER)
    client.tags_context(TAGS)
    client.extra_context({"cart_items": 3})
    raven.breadcrumbs.record(category="log", message="cart loaded with 3 items", level="info")
    raven.breadcrumbs.record(type="http", category="http", level="warning", data={"status_code": 502})
    raven.breadcrumbs.record(category="cart", message="voucher quetzalcoatl applied", level="debug")
    is_message = os.environ.get("REPORT_MODE") == "message"
    if is_message:
        event_id = client.captureMessage("stock is low for sku %d", params=(8812,), level="warning")
    else:
        try:
            checkout_shopping_cart()
        except PaymentDeclined:
            event_id = client.captureException()
    print(
        json.dumps(
            {
                "event_id": event_id,
                "type": None if is_message else "PaymentDeclined",
                "value": "stock is low for sku 8812" if is_message else "Card declined for 42.5 EUR",
                "cause": None,
                "in_app_functions": ["checkout_shopping_cart", "charge_card_with_gateway"],
                "library": None,
                "release": RELEASE,
                "environment": "staging",
                "user": USER,
                "tags": TAGS,
                "breadcrumbs": [
                    {"category": "log", "message": "cart loaded with 3 items", "level": "info"},
                    {"category": "http", "message": None, "level": "warning"},
                    {"category": "cart", "message": "voucher quetzalcoatl applied", "level": "debug"},
                ],
                "context": {},
            }
        )
    )


main()
