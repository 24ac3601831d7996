#!/bin/bash
# Runs a command against a new, empty PostgreSQL that is removed when the command ends:
#
#   tests/with_postgres.sh .venv/bin/python -m pytest tests/ccp
#
# The server listens only on a socket in a private folder, and does not touch a running PostgreSQL of this machine. With
# FSYNC=off it does not force writes to the disk, for runs in which nothing is measured and no crash is tested.
set -euo pipefail

bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /not-found/initdb)")
if [ ! -x "$bin/initdb" ]; then
    echo "No PostgreSQL server programs found; deploy/setup.sh test installs them." >&2
    exit 1
fi

# Always under /tmp, whatever TMPDIR says: the path of a socket may have 107 characters at most.
folder=$(mktemp -d /tmp/amtportal-postgres.XXXXXX)

# The server refuses to run as root; Debian's package brings the user postgres.
as_owner=()
if [ "$(id -u)" = 0 ]; then
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    chown "$owner" "$folder"
    as_owner=(runuser -u "$owner" --)
fi
# Run in the server's own folder, because the owner may not be allowed to enter the current one.
server() { (cd "$folder" && "${as_owner[@]}" "$bin/$1" "${@:2}"); }

remove() {
    trap '' INT TERM # a second Ctrl-C must not leave the server behind
    server pg_ctl stop -D "$folder/data" -m immediate >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs one of the server's programs without its output, which is shown if the program fails.
quietly() {
    local output
    output=$(server "$@" 2>&1) || { echo "$output" >&2; cat "$folder/log" >&2; exit 1; }
}

# The encoding and the order of letters do not depend on the machine's locale. Only users who can enter the folder can connect.
quietly initdb -D "$folder/data" --username=amtportal --auth=trust --encoding=UTF8 --locale=C.UTF-8
# No network, and the socket is in our folder.
quietly pg_ctl start -w -D "$folder/data" -l "$folder/log" -o "-h '' -k '$folder' -c fsync=${FSYNC:-on}"
quietly createdb --host="$folder" --username=amtportal amtportal

# Two slashes: a host that is a folder can only be written as part of the path.
export DATABASE_URL="postgres://amtportal@/$folder/amtportal"
"$@"
