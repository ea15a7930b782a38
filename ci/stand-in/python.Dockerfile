# stand-in for: python:3.14-slim
# stand-in for: python:3.14
FROM celery-notes/debian
# Debian's own Python takes no packages from pip.
RUN python3 -m venv /usr/local/python
ENV PATH=/usr/local/python/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1
CMD ["python3"]
