"""What each role is answered by sign-in, health and the API's pages, in a browser."""

from __future__ import annotations

from tests.access.table import Row

SIGNED_IN = "302 200 200 200 200 200 200 200 200 200"
FIRST_AGAIN = "302 302 302 302 302 302 302 302 302 302"
MEMBERS_STAY = "302 200 200 200 200 200 302 302 302 302"
NOT_SET_UP = "302 404 404 404 404 404 404 404 404 404"
STRANGERS = "200 302 302 302 302 302 302 302 302 302"
EVERYBODY = "200 200 200 200 200 200 200 200 200 200"


def page(path: str, answers: str, verb: str = "GET") -> Row:
    """A page that is about nobody but its reader."""
    return Row(verb, path, answers, foreign="-", by_browser=True)


ROWS = [
    page("/", MEMBERS_STAY),
    page("/healthz", EVERYBODY),
    page("/api/docs/", SIGNED_IN),
    page("/accounts/login/", STRANGERS),
    page("/accounts/logout/", SIGNED_IN),
    page("/accounts/inactive/", EVERYBODY),
    page("/accounts/reauthenticate/", SIGNED_IN),
    page("/accounts/password/change/", SIGNED_IN),
    page("/accounts/2fa/", SIGNED_IN),
    page("/accounts/2fa/authenticate/", FIRST_AGAIN),
    page("/accounts/2fa/reauthenticate/", FIRST_AGAIN),
    page("/accounts/2fa/totp/activate/", FIRST_AGAIN),
    page("/accounts/2fa/totp/deactivate/", NOT_SET_UP),
    page("/accounts/2fa/recovery-codes/", NOT_SET_UP),
    page("/accounts/2fa/recovery-codes/generate/", FIRST_AGAIN),
    page("/accounts/2fa/recovery-codes/download/", NOT_SET_UP),
]

OPEN = {
    "readyz": "answers strangers by design; what it says depends on the machine, "
    "tests/wiring/test_health.py",
}
