# One image for every process of a deployment; compose.yaml says which command each of them runs.
# hadolint global ignore=DL3008
# (Debian keeps only the newest version of a package, so one that is named here would be gone some day.)

FROM python:3.11-slim-bookworm AS build
# mysqlclient is built from source.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev pkg-config default-libmysqlclient-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
COPY requirements.txt /build/
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb3 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 genthrust \
    && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin genthrust \
    && install -d -o genthrust -g genthrust /data /srv/static
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data STATIC_ROOT=/srv/static METRICS_PORT=9100 LOG_FORMAT=json
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY ai ai
COPY genthrust genthrust
COPY notifications notifications
COPY people people
COPY repairs repairs
COPY sync sync
COPY static static
COPY templates templates
USER 10001:10001
RUN DATA_DIR=$HOME/build python manage.py collectstatic --no-input --verbosity 0
VOLUME /data
EXPOSE 8000 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "genthrust.probe"]
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000"]
