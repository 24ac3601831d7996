#!/bin/bash
# Runs every check, even after one has failed, and says at the end which checks failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# Commands that load the settings write to this folder, and must not see the settings of this shell.
AMTPORTAL_VAR=$(mktemp -d)
export AMTPORTAL_VAR AMTPORTAL_URL=http://localhost:8000
unset DATABASE_URL CACHE_URL EMAIL_URL DEBUG
trap 'rm -rf "$AMTPORTAL_VAR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failed=()
check() { # check NAME COMMAND…
    echo "== $1"
    "${@:2}" || failed+=("$1")
}

check "lint" .venv/bin/ruff check .
check "format" .venv/bin/ruff format --check .
check "templates" find amtportal certifications ccp templates -name '*.html' -exec .venv/bin/djade --check {} +
check "imports" .venv/bin/lint-imports
check "types" .venv/bin/mypy
check "migrations" .venv/bin/python manage.py makemigrations --check --dry-run
# As on a machine that others reach: with a database that is ready and each key set.
as_deployed() {
    export AMTPORTAL_URL=https://portal.example.org EMAIL_URL=smtp+tls://mail.example.org:587
    export SECRET_KEY=${RANDOM_KEY}a MFA_KEYS=${RANDOM_KEY}b BADGE_KEYS=${RANDOM_KEY}c
    .venv/bin/python manage.py migrate --verbosity 0 && .venv/bin/python manage.py createcachetable &&
        .venv/bin/python manage.py check --deploy --fail-level WARNING
}
RANDOM_KEY=$(head -c 48 /dev/urandom | base64 | tr -d '/+=')
export RANDOM_KEY
export -f as_deployed
check "deployment settings" env FSYNC=off tests/with_postgres.sh bash -c as_deployed
# Likely security mistakes: findings of high severity fail.
check "bandit" .venv/bin/bandit --quiet --recursive -lll amtportal certifications ccp deploy
check "lock files" .venv/bin/python deploy/check_lock.py

if [ ${#failed[@]} -gt 0 ]; then
    echo "Checks failed: ${failed[*]}" >&2
    exit 1
fi
echo "All checks passed."
