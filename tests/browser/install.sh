#!/bin/sh
# A Chromium for the browser tests: the one that is there, else Debian's, else Playwright's own.
# Usage: install.sh PYTHON
set -eu
for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium from the distribution's packages ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "Installing Playwright's Chromium ..."
"$1" -m playwright install --with-deps chromium || "$1" -m playwright install chromium || \
    echo "No Chromium could be installed: the browser tests will be skipped."
