#!/bin/bash
# `make run`: installs what is missing, brings the database up to date, and serves the portal until
#             Ctrl-C is pressed, with a worker beside the server.
# `make dev`: does the same with Django's own server, which starts again when a file changes, with
#             DEBUG and the debug toolbar.
#
#   PORT            the port on this machine, 8000 unless set
#   AMTPORTAL_VAR   the folder for database, uploads and the generated secret key, var/ unless set
#
# Without PAYMENT_SECRET_KEY, a payment provider of the demo runs beside the portal and stops with it.
set -euo pipefail
cd "$(dirname "$0")/.."

export PORT=${PORT:-8000}
AMTPORTAL_VAR=$(realpath -m "${AMTPORTAL_VAR:-var}")
export AMTPORTAL_VAR
# "localhost" and not 127.0.0.1: browsers accept passkeys only on a name.
export AMTPORTAL_URL=http://localhost:$PORT

if ! [[ $PORT =~ ^[0-9]{1,5}$ ]]; then
    echo "PORT must be a number, such as 8000; it is \"$PORT\"." >&2
    exit 1
fi
# This is checked first, so that nobody waits for an installation before being told.
if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
    echo "Port $PORT is taken by another program. Stop it, or choose another port: make ${1:-run} PORT=8001" >&2
    exit 1
fi

if [ "${1:-run}" = dev ]; then
    deploy/setup.sh test
    export DEBUG=True # the settings refuse DEBUG on a portal that other machines can reach
else
    deploy/setup.sh run
fi

umask 077 # only this user may read the database, the uploads and the secret key
mkdir -p "$AMTPORTAL_VAR"

# Ten thousand ports away, so that portals on ports next to each other do not take each other's.
start_payment_provider() {
    local port=$((PORT < 55000 ? PORT + 10000 : PORT - 10000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    PAYMENT_SECRET_KEY=sk_test_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    PAYMENT_WEBHOOK_SECRETS=whsec_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    export PAYMENT_SECRET_KEY PAYMENT_WEBHOOK_SECRETS
    export PAYMENT_API_URL=http://localhost:$port PAYMENT_BANK_DEBIT=True
    export no_proxy=localhost${no_proxy:+,$no_proxy}
    PAYMENT_WEBHOOK_URL=$AMTPORTAL_URL/payments/webhook/ .venv/bin/python -m deploy.payment_provider &
    provider=$!
}
provider=
[ -n "${PAYMENT_SECRET_KEY:-}" ] || start_payment_provider

.venv/bin/python deploy/prepare.py

# The worker sends mail, and does what pages leave to it. It ends with the server, however that ends.
worker= server=
stop() {
    trap '' INT TERM # a second Ctrl-C must not leave one of them behind
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null || true
    [ -z "$provider" ] || kill -TERM "$provider" 2>/dev/null || true
    wait
}
trap stop EXIT
trap 'exit 0' INT TERM

.venv/bin/python manage.py run_worker --verbosity 0 &
worker=$!
if [ "${1:-run}" = dev ]; then
    # WhiteNoise serves static files, with the headers that they have in production.
    .venv/bin/python manage.py runserver --nostatic "localhost:$PORT" &
else
    .venv/bin/gunicorn --config deploy/gunicorn_demo.conf.py amtportal.wsgi &
fi
server=$!
wait "$server"
