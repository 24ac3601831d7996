#!/bin/bash
# Compares the queries and bytes of each page with those that are held; --write holds those of now. Always on PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."

# The portal that is measured never sees the portal's own data, and none of the settings of this shell.
AMTPORTAL_VAR=$(mktemp -d)
export AMTPORTAL_VAR AMTPORTAL_URL=http://localhost:8000
unset DATABASE_URL CACHE_URL EMAIL_URL DEBUG
trap 'rm -rf "$AMTPORTAL_VAR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

FSYNC=off tests/with_postgres.sh .venv/bin/python -m tests.benchmarks held "$@"
