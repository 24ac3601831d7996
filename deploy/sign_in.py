"""Sign in to a running portal as a member does, and print the digest of the transcript of each cycle.

deploy/sign_in.py http://localhost:8001 ada@example.org < PASSWORD
"""

import hashlib
import re
import sys
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener


def main(portal: str, email: str, password: str) -> int:
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(path: str) -> bytes:
        return opener.open(portal + path, timeout=60).read()

    form = get("/accounts/login/").decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token, "the sign-in page has no form"
    typed = urlencode({"csrfmiddlewaretoken": token[1], "login": email, "password": password}).encode()
    opener.open(Request(portal + "/accounts/login/", typed, {"Referer": portal}), timeout=60)  # noqa: S310
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
    sys.exit(main(sys.argv[1], sys.argv[2], sys.stdin.readline().rstrip("\n")))
