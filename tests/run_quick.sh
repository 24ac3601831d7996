#!/bin/bash
# Runs the tests that are neither slow nor in a browser, on SQLite only. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

# Tests never see the portal's own data, nor what this shell sets for it.
AMTPORTAL_VAR=$(mktemp -d)
export AMTPORTAL_VAR AMTPORTAL_URL=http://localhost:8000
unset DATABASE_URL CACHE_URL EMAIL_URL DEBUG
unset PYTHONDONTWRITEBYTECODE # every worker would compile every test again
trap 'rm -rf "$AMTPORTAL_VAR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

.venv/bin/python -m pytest -q -n "$(nproc)" --dist worksteal -m "not slow and not browser" "$@"
