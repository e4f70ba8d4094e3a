"""gunicorn's settings for a web process: `gunicorn -c config/gunicorn.conf.py wsgi:app`.

With `runner: procrastinate` start as many as you like. With `runner: local` there can be one worker
only, and it does the work too.
"""

import os
import tempfile
import time

from gunicorn.workers.gthread import ThreadWorker

from connector.web.closing import HANDSHAKE_SECONDS, turn_away_newcomers

bind = os.environ.get("CONNECTOR_BIND", "0.0.0.0:8000")
workers = int(os.environ.get("CONNECTOR_WEB_WORKERS", "1"))
threads = 16
worker_connections = 1000  # more than slow clients will fill
# A connection for each request: one that is kept may be closed just when the proxy sends a webhook.
keepalive = 0
timeout = 60
graceful_timeout = 8  # a container has ten seconds
limit_request_line = 8190
control_socket_disable = (
    True  # two on one machine would share the path, and a container has no home
)
accesslog = None  # a URL may hold a customer's number; the connector writes its own lines


class Worker(ThreadWorker):
    """Answers whom the kernel has connected already, before it closes its door.

    As it is, they get a reset, which is a 502 at the proxy: it may not try a POST again.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            turn_away_newcomers(listener.sock)
        time.sleep(HANDSHAKE_SECONDS)  # a connection that is half made comes in
        for listener in self.sockets:
            before = -1
            while before != self.nr_conns:
                before = self.nr_conns
                self.accept(listener)
            listener.close()


worker_class = Worker

if workers > 1:
    # /metrics is answered by any one of them, and shows the times that all have measured.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="connector-metrics-"))
