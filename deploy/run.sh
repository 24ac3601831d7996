#!/bin/bash
# `make run`: installs what is missing, brings the database up to date, serves the portal until Ctrl-C.
# `make dev`: the same by Django's own server, which starts again when a file changes, with DEBUG and its toolbar.
#
#   PORT            the port on this machine, 8000 unless set
#   AMTPORTAL_VAR   the folder for database, uploads and the generated secret key, var/ unless set
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
    export DEBUG=True # settings refuse it on a portal that other machines reach
else
    deploy/setup.sh run
fi

umask 077 # database, uploads and secret key are for this user alone
mkdir -p "$AMTPORTAL_VAR"
.venv/bin/python deploy/prepare.py
if [ "${1:-run}" = dev ]; then
    # WhiteNoise serves static files, with the headers that they have in production.
    exec .venv/bin/python manage.py runserver --nostatic "localhost:$PORT"
fi
exec .venv/bin/gunicorn --config deploy/gunicorn.conf.py amtportal.wsgi
