"""One trace from the caller to the task, and to the task that it sends. production.md, chapter 8.

celery -A examples.tracing worker -l info -c 1 -n tracing@localhost
python -m examples.tracing
"""

from pathlib import Path

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

provider = TracerProvider()


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'tracing'


app = Celery('examples.tracing')
app.config_from_object(Config)


def one_line(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context
    return f'trace {context.trace_id:032x} {span.name}\n'


@worker_process_init.connect
def begin(**_: object) -> None:
    exporter = ConsoleSpanExporter(out=Path('spans.log').open('a'), formatter=one_line)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()


@worker_process_shutdown.connect
def send_the_last(**_: object) -> None:
    provider.shutdown()


@app.task
def pack_order(order: int) -> str:
    bill_id: str = write_bill.delay(order).id
    return bill_id


@app.task
def write_bill(order: int) -> str:
    return f'bill for order {order}'


if __name__ == '__main__':
    begin()
    bill_id = pack_order.delay(1).get(timeout=10)
    print(app.AsyncResult(bill_id).get(timeout=10))
