#!/bin/sh
# Sees to the Debian packages that the tests use. As root they are installed; otherwise the one command that would is named, and what
# needs them is skipped.
# usage: packages.sh FOLDER (where it is noted what could not be had, so that only the first run waits for it)
set -eu
missing=
need() {
    missing="$missing $1"
}

# Debian keeps the programs of each major version apart and puts only the clients on PATH.
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || need postgresql
command -v psql >/dev/null || need postgresql-client
command -v xz >/dev/null || need xz-utils
command -v openssl >/dev/null || need openssl
command -v aws >/dev/null || need awscli
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || need pgbouncer
command -v ssh >/dev/null || need openssh-client
if [ "$(uname)" = Linux ]; then
    command -v mmdebstrap >/dev/null || need mmdebstrap
    command -v ip >/dev/null || [ -x /usr/sbin/ip ] || need iproute2
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "make: not installed here, and what needs them is skipped:$missing" >&2
elif [ "$(id -u)" != 0 ]; then
    echo "make: some tests are skipped for want of packages; to run them too: sudo apt-get install -y$missing" >&2
else
    folder=$1
    mkdir -p "$folder"
    if [ "$(cat "$folder/packages-missing" 2>/dev/null)" != "$missing" ]; then
        echo "installing$missing" >&2
        export DEBIAN_FRONTEND=noninteractive
        # One package that cannot be had must not keep the others away, nor one source that cannot be reached.
        { apt-get update || true; } >"$folder/packages.log" 2>&1 </dev/null
        failed=
        for package in $missing; do
            apt-get install -y --no-install-recommends "$package" >>"$folder/packages.log" 2>&1 </dev/null || failed="$failed $package"
        done
        [ -z "$failed" ] || echo "$failed" >"$folder/packages-missing"
        missing=$failed
    fi
    [ -z "$missing" ] || echo "make: apt-get could not install$missing, what needs that is skipped; see $folder/packages.log" >&2
fi
