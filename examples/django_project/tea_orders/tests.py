from django.test import TestCase
from teashop import celery_app

from tea_orders.models import Order


class PlaceTest(TestCase):
    def setUp(self) -> None:
        celery_app.conf.task_always_eager = True

    def test_nothing_is_sent_without_a_commit(self) -> None:
        self.client.post('/orders', {'item': 'tea'})
        assert Order.objects.get().parcel == ''

    def test_the_order_is_packed_after_the_commit(self) -> None:
        with self.captureOnCommitCallbacks(execute=True) as callbacks:
            answer = self.client.post('/orders', {'item': 'tea'})
        assert answer.status_code == 202
        assert len(callbacks) == 1
        assert Order.objects.get().parcel == 'a parcel of tea'
