FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv /app
COPY requirements.txt .
RUN /app/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY connector connector
RUN /app/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
# No shell, no home, no rights beyond the one folder that holds the database.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin connector \
    && install -d -o connector -g connector /srv/connector/var
WORKDIR /srv/connector
COPY --from=build /app /app
COPY config config
COPY wsgi.py .
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER connector
VOLUME /srv/connector/var
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
# On all addresses: the configuration needs ops.auth, or the command --no-dashboard.
CMD ["connector", "serve", "--host", "0.0.0.0", "--port", "8000"]
