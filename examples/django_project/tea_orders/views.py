from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from tea_orders.models import Order
from tea_orders.tasks import pack


@csrf_exempt  # its clients are programs, which have no form of ours
@require_POST
def place(request: HttpRequest) -> JsonResponse:
    item = request.POST.get('item', '').strip()
    if not item:
        return JsonResponse({'error': 'say what you order, as in item=tea'}, status=400)
    with transaction.atomic():
        order = Order.objects.create(item=item)
        pack.apply_async_on_commit((str(order.id),), task_id=str(order.id))
    return JsonResponse({'id': order.id}, status=202)


@require_GET
def show(request: HttpRequest, order_id: UUID) -> JsonResponse:
    state = pack.AsyncResult(str(order_id)).state
    order = get_object_or_404(Order, pk=order_id)
    if order.parcel:
        return JsonResponse({'state': 'SUCCESS', 'parcel': order.parcel})
    return JsonResponse({'state': state})
