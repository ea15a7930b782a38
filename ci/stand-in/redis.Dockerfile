# stand-in for: redis:8.0
FROM celery-notes/debian
RUN mkdir /data && chown redis:redis /data
USER redis
WORKDIR /data
VOLUME /data
EXPOSE 6379
# As the official image does: its port is open to the other containers, without a password.
ENTRYPOINT ["sh", "-c", "exec \"$@\" --protected-mode no", "-"]
CMD ["redis-server"]
