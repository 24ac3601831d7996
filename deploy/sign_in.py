"""Sign in to a running portal as a member does, and print the digest of the transcript of each cycle.

deploy/sign_in.py http://localhost:8001 ada@example.org [STEPS] < PASSWORD

If a second line of the input holds the secret of an authenticator app, the code of the app is sent
too. It is the code of STEPS half minutes later, because a code works only once, even in a copy of
the portal.
"""

import hashlib
import hmac
import re
import sys
import time
from base64 import b32decode
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener


def code_of(secret: str, steps: int) -> str:
    """Return the code that an authenticator app shows (RFC 6238)."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.new(b32decode(secret), counter.to_bytes(8), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 10**6:06}"


def main(portal: str, email: str, password: str, secret: str = "", steps: int = 0) -> int:
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(path: str) -> bytes:
        return opener.open(portal + path, timeout=60).read()

    def post(path: str, **typed: str) -> None:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', get(path).decode())
        assert token, f"{path} has no form"
        sent = urlencode({"csrfmiddlewaretoken": token[1], **typed}).encode()
        opener.open(Request(portal + path, sent, {"Referer": portal}), timeout=60)  # noqa: S310

    post("/accounts/login/", login=email, password=password)
    if secret:
        post("/accounts/2fa/authenticate/", code=code_of(secret, steps))
    cycles = sorted(set(re.findall(r'href="/ccp/transcript/(\d+)/', get("/certifications/").decode())))
    if not cycles:
        print(f"{email} was not let in, or has no transcript.", file=sys.stderr)
        return 1
    for cycle in cycles:
        pdf = get(f"/ccp/transcript/{cycle}.pdf")
        assert pdf.startswith(b"%PDF-")
        print(f"transcript {cycle}: sha256 {hashlib.sha256(pdf).hexdigest()}")
    return 0


if __name__ == "__main__":
    password, secret, *_ = [*sys.stdin.read().splitlines(), ""]
    sys.exit(main(sys.argv[1], sys.argv[2], password, secret, int(*sys.argv[3:])))
