#!/bin/bash
# Runs the quick suite on SQLite and reports which lines and branches it reached, on the terminal and in htmlcov/.
# Arguments go to pytest. It is a report: whatever the figure, only a failed test fails.
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

.venv/bin/python -m pytest -q -n "$(nproc)" --dist worksteal -m "not slow and not browser" \
    --cov --cov-report=term --cov-report=html "$@"
echo "Pages: htmlcov/index.html"
