# stand-in for: rabbitmq:4.3-management
FROM celery-notes/debian
ENV PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/var/lib/rabbitmq LANG=C.UTF-8
# RabbitMQ's own 4.3 refuses queues that are neither durable nor exclusive; Debian's allows them.
RUN echo 'deprecated_features.permit.transient_nonexcl_queues = false' > /etc/rabbitmq/rabbitmq.conf
RUN rabbitmq-plugins enable --offline rabbitmq_management && chown -R rabbitmq:rabbitmq /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
USER rabbitmq
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672
CMD ["rabbitmq-server"]
