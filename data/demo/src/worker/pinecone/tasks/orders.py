from celery import shared_task
from django.db import transaction

from pinecone.carriers import CarrierUnavailable, book
from pinecone.models import Order, Payment, Shipment

MAX_TRIES = 5


@shared_task(bind=True, name="orders.fulfil")
def fulfil(self, order_id: int) -> None:
    order = Order.objects.select_related("customer").get(pk=order_id)
    parcel = pack(order)
    try:
        label = book(order, parcel)
    except CarrierUnavailable as error:
        raise self.retry(exc=error, countdown=2**self.request.retries, max_retries=MAX_TRIES)
    Shipment.objects.create(order=order, carrier=label.carrier, tracking=label.tracking)


def pack(order: Order) -> dict:
    lines = list(order.lines.all())
    grams = sum(line.grams * line.quantity for line in lines)
    longest = max(line.length_mm for line in lines)
    return {"grams": grams, "length_mm": longest, "lines": len(lines)}


@shared_task(name="orders.mark_paid")
def mark_paid(payment_id: str, cents: int) -> None:
    with transaction.atomic():
        payment = Payment.objects.create(provider_id=payment_id, cents=cents)
        payment.order.confirm()


@shared_task(name="orders.rebuild_bestsellers", soft_time_limit=300)
def rebuild_bestsellers() -> int:
    count = 0
    for order in Order.objects.all().iterator():
        for line in order.lines.all():
            line.product.score(line.quantity)
            count += 1
    return count
