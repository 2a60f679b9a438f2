#!/usr/bin/env bash
# Resolves the dependencies anew. The files made hold names, versions and hashes, never an address: see
# docs/adr/0007-lock-without-addresses.md.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${SSL_CERT_FILE:-}" ] && [ -n "${PIP_CERT:-${REQUESTS_CA_BUNDLE:-}}" ]; then
    export SSL_CERT_FILE="${PIP_CERT:-$REQUESTS_CA_BUNDLE}"
fi
compile() {
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}
# The tools' needs come first: what runs is then taken from that answer, so that what is tested is what runs.
compile pyproject.toml --group dev "$@" -o requirements-dev.lock
compile pyproject.toml -c requirements-dev.lock "$@" -o requirements.lock
uv_version=$(.venv/bin/uv --version | cut -d' ' -f2)
echo "uv==$uv_version" | compile - -o requirements-bootstrap.lock
if grep -n '://' requirements*.lock; then
    echo "a lock file holds an address" >&2
    exit 1
fi
