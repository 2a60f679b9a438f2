#!/usr/bin/env bash
# Puts in place the tools from Debian that some tests use. Whatever cannot be had is named, with what is skipped for it.
set -euo pipefail

say() { printf '[tools] %s\n' "$*" >&2; }

have_postgres() {
    command -v initdb >/dev/null 2>&1 && return 0
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

# PostgreSQL: the store's tests run on it as well as on SQLite, in a temporary folder, never on a system's own cluster.
if have_postgres; then
    exit 0
fi
reason=""
if ! command -v apt-get >/dev/null 2>&1; then
    reason="this system has no apt-get; install PostgreSQL's server yourself"
elif [ "$(id -u)" != 0 ]; then
    reason="not root; run: sudo apt-get install postgresql"
else
    say "installing PostgreSQL from Debian (about a minute)"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # No cluster of the system's own is wanted, and none is started.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    fi
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold postgresql; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        reason="apt-get could not install it (see the lines above)"
    fi
fi
if ! have_postgres; then
    say "SKIPPED: tests marked 'postgres': ${reason:-PostgreSQL is still missing}"
fi
