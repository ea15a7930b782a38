# The newest Python that the notes are tested with: ci/newest-python runs the embedded tests in it.
FROM python:3.14

RUN useradd --create-home reader && install --directory --owner=reader /home/reader/notes
USER reader
WORKDIR /home/reader/notes
COPY --chown=reader . .
CMD ["make", "test", "BACKEND=embedded"]
