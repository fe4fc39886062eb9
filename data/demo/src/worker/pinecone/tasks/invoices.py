from celery import shared_task
from django.core.mail import EmailMessage

from pinecone.models import Order
from pinecone.templating import render


@shared_task(name="invoices.send")
def send_invoice(order_id: int) -> None:
    order = Order.objects.get(pk=order_id)
    html = render_invoice(order)
    message = EmailMessage(
        subject=f"Your invoice for order {order.number}",
        body=html,
        to=[order.customer.email],
    )
    message.content_subtype = "html"
    message.send(fail_silently=False)


def render_invoice(order: Order) -> str:
    context = {
        "order": order,
        "company": order.customer.company,
        "lines": order.lines.all(),
        "due": order.due_date(),
    }
    return render("invoice.html", context)
