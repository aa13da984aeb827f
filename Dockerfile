# One image for every part; docker-compose.yml says which part a container runs.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY storage storage
COPY workers workers
COPY api api
COPY ops ops
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e .

FROM python:3.13-slim
RUN useradd --system --uid 10001 seatline
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 SEATLINE_BIND=0.0.0.0:8000
USER seatline
EXPOSE 8000
CMD ["gunicorn", "-c", "api/gunicorn_conf.py", "api.app:create_app()"]
