#!/usr/bin/env bash
# Makes .venv from the lock files, or does nothing when it already matches them. Safe to run again at any time.
# The package index is whatever this machine's pip and uv are configured to use; nothing here names one.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/.lock-stamp
pick_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "carepath needs Python 3.11 or newer; none found. Install it, or set PYTHON=/path/to/python." >&2
    return 3
}

python=$(pick_python)
wanted=$( { cat requirements-dev.lock requirements-bootstrap.lock pyproject.toml scripts/venv.sh; "$python" -V; } \
    | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ -x $venv/bin/carepath ] && [ -f $stamp ] && [ "$(cat $stamp)" = "$wanted" ] && $venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

# Two helpers or two `make` at once must not install into one folder together.
if command -v flock >/dev/null 2>&1 && [ -z "${CAREPATH_VENV_LOCKED:-}" ]; then
    CAREPATH_VENV_LOCKED=1 exec flock .venv-lock "$0" "$@"
fi

say() { printf '[venv] %s\n' "$*" >&2; }
started=$(date +%s)
# A venv that was cut short while it was made has a Python but no pip: it is made again.
if ! $venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "making $venv with $("$python" -V)"
    rm -rf $venv
    if ! "$python" -m venv $venv; then
        if "$python" -c 'import ensurepip' 2>/dev/null; then
            say "making $venv failed (see above); it is safe to run this again"
        else
            say "python's venv module is not complete (on Debian: apt-get install python3-venv)"
        fi
        exit 3
    fi
fi
rm -f $stamp
$venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-bootstrap.lock

# pip is told about a private certificate store in its own words; uv listens to SSL_CERT_FILE.
if [ -z "${SSL_CERT_FILE:-}" ]; then
    bundle=${PIP_CERT:-${REQUESTS_CA_BUNDLE:-}}
    if [ -n "$bundle" ]; then export SSL_CERT_FILE="$bundle"; fi
fi
say "installing $(grep -c '==' requirements-dev.lock) locked packages (half a minute when nothing is cached)"
export VIRTUAL_ENV=$PWD/$venv UV_LINK_MODE=${UV_LINK_MODE:-copy}
# uv is listed in the bootstrap file only. It must not replace its own running file, so a copy of it runs.
cp $venv/bin/uv $venv/.uv-running
trap 'rm -f $venv/.uv-running' EXIT
$venv/.uv-running pip sync -q --compile-bytecode --require-hashes requirements-dev.lock requirements-bootstrap.lock
$venv/.uv-running pip install -q --no-deps --no-build-isolation --no-index -e .
echo "$wanted" > $stamp
say "ready in $(( $(date +%s) - started )) s"
