from celery import shared_task

from tea_orders.models import Order


@shared_task
def pack(order_id: str) -> str:
    order = Order.objects.get(pk=order_id)
    order.parcel = parcel = f'a parcel of {order.item}'
    order.save(update_fields=['parcel'])
    return parcel


@shared_task
def count_waiting() -> int:
    waiting: int = Order.objects.filter(parcel='').count()
    return waiting
