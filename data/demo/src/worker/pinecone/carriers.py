from dataclasses import dataclass

import requests

CARRIER_URL = "https://api.carrier.example.net/v2/labels"
TIMEOUT_SECONDS = 12


class CarrierUnavailable(Exception):
    pass


@dataclass
class Label:
    carrier: str
    tracking: str
    printed: bytes


def book(order, parcel: dict) -> Label:
    payload = {"reference": order.number, "parcel": parcel, "to": order.address.as_dict()}
    try:
        answer = requests.post(CARRIER_URL, json=payload, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except requests.RequestException as cause:
        raise CarrierUnavailable(f"no label for order {order.number}") from cause
    return Label("carrier", answer.json()["tracking"], print_label(order))


def print_label(order) -> bytes:
    lines = [order.customer.name, order.address.street, f"{order.address.postcode} {order.address.city}"]
    # The printers in the warehouse know no other encoding.
    return "\r\n".join(lines).encode("latin-1")
