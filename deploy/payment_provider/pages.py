"""The pay page, and the desk, from which a person makes happen what takes banks days."""

from datetime import UTC, datetime
from html import escape

from deploy.payment_provider.account import Account
from deploy.payment_provider.book import Object

STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 34rem; }
main.wide { max-width: none; }
h1 { font-size: 1.5rem; }
form { margin: 0.75rem 0; }
button { font: inherit; width: 100%; min-height: 2.75rem; padding: 0.5rem 1rem; }
button { color: inherit; background: transparent; border: 2px solid; border-radius: 0.5rem; }
td button { width: auto; }
button.main { background: #1d4ed8; border-color: #1d4ed8; color: #fff; }
a { color: inherit; }
:focus-visible { outline: 3px solid #b45309; outline-offset: 2px; }
.note, .error { padding: 0.75rem 1rem; border-left: 0.375rem solid; }
.error { border-color: #b91c1c; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; }
"""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def money(amount: int, currency: str) -> str:
    return f"${amount / 100:,.2f}" if currency == "usd" else f"{amount / 100:,.2f} {currency.upper()}"


def _choice(action: str, way: str, words: str, *, main: bool = False) -> str:
    return (
        f'<form method="post" action="{escape(action)}"><button name="way" value="{way}"'
        f"{' class=main' if main else ''}>{escape(words)}</button></form>"
    )


def pay_page(session: Object, intent: Object | None) -> str:
    """Return the page on which a session is paid, with what went wrong before."""
    action = f"/pay/{session['id']}"
    total = money(session["amount_total"], session["currency"])
    error = (intent or {}).get("last_payment_error")
    body = (
        '<p class="note">This page stands for the payment provider’s own page in the demo. '
        "It takes no card number, and no money moves.</p>"
    )
    if error:
        body += f'<p class="error" role="alert">{escape(error["message"])} You can try again.</p>'
    body += f"<p><strong>{escape(session['_product'])}</strong><br>{total}</p>"
    body += _choice(action, "card", f"Pay {total} by card", main=True)
    body += _choice(action, "card_closed", "Pay by card, and close the window before coming back")
    body += _choice(action, "decline", "Pay by card that is declined")
    body += _choice(action, "challenge", "Pay by card whose bank asks first (3-D Secure)")
    if "us_bank_account" in session["payment_method_types"]:
        body += _choice(action, "bank", "Pay by bank, which settles later")
        body += _choice(action, "bank_fails", "Pay by bank, which fails later")
    if session["cancel_url"]:
        body += f'<p><a href="{escape(session["cancel_url"])}">Back without paying</a></p>'
    return _page("Pay AMT (demo)", body)


def challenge_page(session: Object) -> str:
    action = f"/pay/{session['id']}"
    return _page(
        "Your bank asks whether it is you (demo)",
        f"<p>{money(session['amount_total'], session['currency'])} to American Medical Technologists.</p>"
        + _choice(action, "confirmed", "Yes, it is me", main=True)
        + _choice(action, "refused", "No"),
    )


def closed_page(session: Object) -> str:
    """Return what a page says that was paid already, or whose time is over."""
    if session["status"] == "expired":
        return _page("This page is closed", "<p>Its time is over, or AMT closed it. Nothing was paid here.</p>")
    return _page(
        "This was paid",
        f'<p>You can close this window, or go <a href="{escape(back(session))}">back to AMT</a>.</p>',
    )


def left_page() -> str:
    return _page(
        "Paid, and the window is closed",
        "<p>The browser does not go back to AMT now, as if the payer had closed the window in this moment. "
        "The portal learns of the payment all the same.</p>",
    )


def missing_page() -> str:
    return _page("There is nothing here", "<p>Open the page from the portal again.</p>")


def back(session: Object) -> str:
    """Return the address to which the payer goes back once the page is paid."""
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])


def desk(account: Account) -> str:
    """Return the page that shows what was paid, with buttons for what banks do."""

    def button(does: str, words: str, **values: str) -> str:
        fields = "".join(f'<input type="hidden" name="{key}" value="{escape(value)}">' for key, value in values.items())
        return f'<form method="post" action="/desk/{does}">{fields}<button>{escape(words)}</button></form>'

    disputes = {one["charge"]: one for one in account.book.all("dispute")}
    rows = ""
    for charge in account.book.all("charge")[:100]:
        dispute = disputes.get(charge["id"])
        does = ""
        if dispute and dispute["status"] == "needs_response":
            does = button("win", "AMT wins the dispute", dispute=dispute["id"])
            does += button("lose", "AMT loses the dispute", dispute=dispute["id"])
        elif charge["status"] == "succeeded" and not charge["refunded"] and not dispute:
            does = button("dispute", "The payer’s bank disputes it", charge=charge["id"])
        state = "refunded" if charge["refunded"] else f"dispute {dispute['status']}" if dispute else charge["status"]
        at = datetime.fromtimestamp(charge["created"], UTC)
        rows += (
            f"<tr><td>{at:%Y-%m-%d %H:%M} UTC</td><td>{escape(charge['description'] or '')}</td>"
            f"<td>{money(charge['amount'], charge['currency'])}</td><td>{escape(state.replace('_', ' '))}</td>"
            f"<td>{does}</td></tr>"
        )
    waiting = sum(one["status"] == "pending" for one in account.book.all("charge"))
    return _page(
        "The demo’s payment provider",
        '<p class="note">It stands for Stripe. Here you make happen what takes banks days. No money moves.</p>'
        + button("debits", f"Let the banks answer the debits that are under way ({waiting})")
        + button("payout", "Pay out to AMT’s bank what was not paid out yet")
        + '<div class="scroll"><table><thead><tr><th>Taken at<th>For<th>Amount<th>State<th>Next</tr>'
        + f"</thead><tbody>{rows}</tbody></table></div>",
    )
