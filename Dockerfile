# One image for web, worker, beat and commands. Runs as a user without rights; writes only under /app/var.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN find locale -name '*.po' -exec sh -c 'pybabel compile -i "$1" -o "${1%.po}.mo"' _ {} \; \
    && ENV=dev EMAIL_PROVIDER=none SECRET_KEY=only-for-this-step-of-the-build-000001 JWT_SECRET_KEY=only-for-this-step-of-the-build-000002 \
       python manage.py collectstatic --noinput \
    && rm -rf var && mkdir var

FROM python:3.11-slim-bookworm
# pg_dump, pg_restore and psql of the server's version (compose.yaml), for `manage.py backup` and `restore`
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app equilibrium
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ENV=prod API_HOST=0.0.0.0 \
    WEB_CONCURRENCY=4
COPY --from=build /venv /venv
COPY --from=build /app /app
RUN chown -R equilibrium /app/var
USER equilibrium
VOLUME /app/var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready/')"]
CMD ["gunicorn", "equilibrium.asgi:application", "--worker-class", "uvicorn_worker.UvicornWorker", \
     "--bind", "0.0.0.0:8000", "--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
