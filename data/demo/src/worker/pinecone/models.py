from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=200)
    email = models.EmailField()
    company = models.ForeignKey("Company", null=True, on_delete=models.SET_NULL)
    timezone = models.CharField(max_length=40)


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    placed = models.DateTimeField(auto_now_add=True)

    def confirm(self) -> None:
        self.confirmed = True
        self.save(update_fields=["confirmed"])

    def due_date(self):
        local = self.placed.astimezone(ZoneInfo(self.customer.timezone))
        return local.date() + timedelta(days=14)


class Payment(models.Model):
    provider_id = models.CharField(max_length=40, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    cents = models.IntegerField()
