# stand-in for: rabbitmq:4.3-management
FROM celery-notes/debian
ENV PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/var/lib/rabbitmq LANG=C.UTF-8
RUN rabbitmq-plugins enable --offline rabbitmq_management && chown -R rabbitmq:rabbitmq /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
USER rabbitmq
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672
CMD ["rabbitmq-server"]
