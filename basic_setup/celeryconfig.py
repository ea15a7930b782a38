"""The settings, each with its reason. README.md, chapter 3.

celery -A basic_setup inspect conf
"""

# Where messages wait: RabbitMQ as docker-compose.yml serves it.
broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'

# Where states and return values are kept: Redis as docker-compose.yml serves it.
result_backend = 'redis://localhost:6379/'

# A queue of its own: a worker of another app must not receive tasks it does not know.
task_default_queue = 'basic_setup'

# STARTED becomes a state one can see, between PENDING and SUCCESS.
task_track_started = True

# A result that nobody reads is kept an hour, not a day.
result_expires = 3600

# beat reads crontab hours in this zone.
timezone = 'Asia/Taipei'
