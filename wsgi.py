"""The WSGI entry, for gunicorn and the like: `gunicorn wsgi:app`. CONNECTOR_CONFIG names the file."""

from connector.bootstrap import wsgi

app = wsgi()
