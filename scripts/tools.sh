#!/usr/bin/env bash
# Puts in place the tools from Debian that some tests use. Whatever cannot be had is named, with what is skipped or
# fails for it.
set -euo pipefail

say() { printf '[tools] %s\n' "$*" >&2; }

# PostgreSQL: the store's tests run on it as well as on SQLite, in a temporary folder, never on a system's own cluster.
have_postgres() {
    command -v initdb >/dev/null 2>&1 && return 0
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

# Chromium with fonts for Chinese text and for signs: the Temporal UI is looked at in a real browser.
have_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1 || [ -x "${CAREPATH_TEST_CHROMIUM:-}" ]
}

# install WHAT PACKAGE…: says what it does; the reason is left in $reason when it cannot.
updated=""
install() {
    local what=$1 log
    shift
    reason=""
    if ! command -v apt-get >/dev/null 2>&1; then
        reason="this system has no apt-get; install $what yourself"
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        reason="not root; run: sudo apt-get install $*"
        return
    fi
    say "installing $what from Debian (about a minute)"
    log=$(mktemp)
    if ! { { [ -n "$updated" ] || apt-get update; } && DEBIAN_FRONTEND=noninteractive apt-get install -y \
        --no-install-recommends -o Dpkg::Options::=--force-confold "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        reason="apt-get could not install it (see the lines above)"
    fi
    updated=yes
    rm -f "$log"
}

if ! have_postgres; then
    # No cluster of the system's own is wanted, and none is started.
    if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    fi
    install PostgreSQL postgresql
    have_postgres || say "SKIPPED: tests marked 'postgres': ${reason:-PostgreSQL is still missing}"
fi
if ! have_chromium; then
    install "Chromium and fonts" chromium fonts-noto-cjk fonts-noto-color-emoji
    have_chromium || say "WILL FAIL: tests marked 'browser': ${reason:-Chromium is still missing}"
fi
