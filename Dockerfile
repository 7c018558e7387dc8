# Two stages: the first installs, the second only runs, as a user without rights.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /build
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: --requirement requirements.lock

FROM python:3.11-slim-bookworm AS run
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/medinform STATIC_ROOT=/opt/static HOST=0.0.0.0
RUN groupadd --system --gid 10001 medinform && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/medinform --create-home medinform \
    && mkdir -p /var/lib/medinform/media /opt/static \
    && chown -R medinform:medinform /var/lib/medinform /opt/static
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py Procfile gunicorn.conf.py ./
COPY medinform medinform
COPY portal portal
COPY inference inference
COPY samples samples
COPY templates templates
COPY static static
COPY locale locale
USER 10001:10001
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(60))')" python manage.py collectstatic --noinput
VOLUME ["/var/lib/medinform"]
EXPOSE 8000
# The web process; docker-compose.yml names the commands of the other processes.
CMD ["sh", "-c", "exec gunicorn medinform.wsgi --bind \"$HOST:${PORT:-8000}\" --workers \"${WEB_WORKERS:-4}\" --threads 4 --max-requests 5000 --max-requests-jitter 500"]
