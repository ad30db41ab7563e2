#!/bin/sh
# Sees to the Debian packages that a target of make uses. As root they are installed; otherwise the one command that would is named, and
# what needs them is skipped, or make ends where there is nothing to do without them.
# usage: packages.sh FOLDER TARGET (the folder is where it is noted what could not be had, so that only the first run waits for it)
set -eu
target=$2
missing=
need() {
    missing="$missing $1"
}
refuse() {
    echo "make: error: $1" >&2
    exit 1
}
clients() {
    command -v psql >/dev/null || ls /usr/lib/postgresql/*/bin/psql >/dev/null 2>&1 || need postgresql-client
}
root_folder() {
    [ "$(id -u)" = 0 ] || refuse "make $target needs root, because it uses a Debian root folder; run: sudo make $target"
    command -v mmdebstrap >/dev/null || need mmdebstrap
}

case $target in
demo)
    # The servers come from Maven where they are not installed.
    clients
    without="make demo needs"
    ;;
demo-timescale | trixie-root)
    root_folder
    without="make $target needs"
    ;;
bench)
    clients
    if [ "$(id -u)" = 0 ] && [ "$(uname)" = Linux ]; then
        command -v mmdebstrap >/dev/null || need mmdebstrap
    fi
    without=
    ;;
*)
    # Debian keeps the programs of each major version apart and puts only the clients on PATH.
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || need postgresql
    clients
    command -v openssl >/dev/null || need openssl
    command -v aws >/dev/null || need awscli
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || need pgbouncer
    command -v ssh >/dev/null || need openssh-client
    if [ "$(uname)" = Linux ]; then
        command -v mmdebstrap >/dev/null || need mmdebstrap
        command -v ip >/dev/null || [ -x /usr/sbin/ip ] || need iproute2
    fi
    without=
    ;;
esac
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    [ -z "$without" ] || refuse "$without what is not installed here:$missing"
    echo "make: not installed here, and what needs them is skipped:$missing" >&2
elif [ "$(id -u)" != 0 ]; then
    [ -z "$without" ] || refuse "$without$missing; run: sudo apt-get install -y$missing"
    case $target in
    bench) echo "make: some ways to move a database are left out for want of packages; to try them too: sudo apt-get install -y$missing" >&2 ;;
    *) echo "make: some tests are skipped for want of packages; to run them too: sudo apt-get install -y$missing" >&2 ;;
    esac
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
    [ -z "$missing" ] || [ -z "$without" ] || refuse "apt-get could not install$missing, which make $target needs; see $folder/packages.log"
    [ -z "$missing" ] || echo "make: apt-get could not install$missing, what needs that is skipped; see $folder/packages.log" >&2
fi
