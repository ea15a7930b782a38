"""A summary for each of 600 customers, every hour: all at once, or spread. advance.md, chapter 9.

python -m examples.spread
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zlib import crc32

from celery import Celery
from celery.schedules import crontab


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'spread'


app = Celery('examples.spread')
app.config_from_object(Config)

customers = [f'customer-{number}' for number in range(600)]


def minute_of(customer: str) -> int:
    return crc32(customer.encode()) % 60


@app.on_after_configure.connect
def schedule_summaries(sender: Celery, **kwargs: object) -> None:
    for customer in customers:
        hourly = crontab(minute=minute_of(customer))
        sender.add_periodic_task(hourly, summarise.s(customer), name=customer, expires=3600)


@app.task
def summarise(customer: str) -> str:
    return f'summary for {customer}'


def busiest(schedules: list[crontab]) -> tuple[int, int]:
    midnight = datetime(2026, 5, 1, tzinfo=UTC)
    due: Counter[timedelta] = Counter()
    for schedule in schedules:
        schedule.nowfun = lambda: midnight
        due[schedule.remaining_estimate(midnight - timedelta(seconds=1))] += 1
    return len(due), max(due.values())


if __name__ == '__main__':
    on_the_hour = [crontab(minute=0) for _ in customers]
    spread = [entry['schedule'] for entry in app.conf.beat_schedule.values()]
    for name, schedules in ('on the hour', on_the_hour), ('spread', spread):
        minutes, most = busiest(schedules)
        print(f'{name}: {len(schedules)} tasks in {minutes} minutes, at most {most} in one')
