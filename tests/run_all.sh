#!/bin/bash
# Runs the suite on SQLite and on PostgreSQL; fails if either does. Arguments go to pytest. Tests that do not
# depend on the database (how pages look, documents, translation, permissions: the mark any_database) run once, on SQLite.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# The server is there for both parts, so that its migrated database is made beside that of SQLite. It does not force
# writes to the disk. The test in which PostgreSQL is killed has a server of its own (tests/support/cluster.py), which does.
if [ -z "${TESTS_HAVE_POSTGRES:-}" ]; then
    TESTS_HAVE_POSTGRES=yes FSYNC=off exec tests/with_postgres.sh tests/run_all.sh "$@"
fi
postgres=$DATABASE_URL

# Tests never see the portal's own data, and none of the settings of this shell.
AMTPORTAL_VAR=$(mktemp -d)
export AMTPORTAL_VAR AMTPORTAL_URL=http://localhost:8000
unset DATABASE_URL CACHE_URL EMAIL_URL DEBUG
unset PYTHONDONTWRITEBYTECODE # every worker would compile every test again
trap 'rm -rf "$AMTPORTAL_VAR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The order is random; --randomly-seed with the number that pytest prints repeats it.
# Tests wait for a part of their time (for browsers, servers and locks), so there are four workers for two processors.
# A worker that is done takes tests from the others: some tests take half a minute.
pytest=(.venv/bin/python -m pytest -n $(($(nproc) * 2)) --dist worksteal "$@")
failed=()

# Each takes one processor for a while, and every test waits for it.
DATABASE_URL=$postgres .venv/bin/python -m tests.support.template_database &
.venv/bin/python -m tests.support.template_database || exit
wait $! || exit

echo "== Tests on SQLite"
"${pytest[@]}" || failed+=(SQLite)

echo "== Tests on PostgreSQL"
DATABASE_URL=$postgres "${pytest[@]}" -m "not any_database" || failed+=(PostgreSQL)

if [ ${#failed[@]} -gt 0 ]; then
    echo "Tests failed on: ${failed[*]}" >&2
    exit 1
fi
