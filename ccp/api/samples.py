"""An example of a request and an answer for each address, for the page for integrators. Tests send them."""

from typing import Any

CREDIT: dict[str, Any] = {
    "reference": "A-20931",
    "amt_id": "2100003",
    "last_name": "Lindqvist",
    "activity_type": "course-seminar-webinar",
    "points": "1.5",
    "title": "Phlebotomy update",
    "starts_on": "2026-03-01",
}
RECORDED: dict[str, Any] = {
    "reference": "A-20931",
    "status": "recorded",
    "entry": "CE-0000349",
    "points": "1.5",
    "counted": [{"credential": "RPT", "points": "1.5"}],
    "detail": "It is recorded.",
}
_STEPS = "Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75."
# By the name of the operation: the path, what is sent, and what is answered.
SAMPLES: dict[str, tuple[str, dict[str, Any] | None, dict[str, Any]]] = {
    "send_credit": ("/api/v1/credits", CREDIT, RECORDED),
    "send_credits": (
        "/api/v1/credits/batch",
        {"credits": [CREDIT, {**CREDIT, "reference": "A-20932", "points": "1.6"}]},
        {
            "recorded": 1,
            "held": 0,
            "refused": 1,
            "results": [
                {"row": 1, "status": "recorded", "is_new": True, "credit": RECORDED, "errors": []},
                {
                    "row": 2,
                    "status": "refused",
                    "is_new": False,
                    "credit": None,
                    "errors": [{"field": "points", "sentence": _STEPS}],
                },
            ],
        },
    ),
    "read_credit": ("/api/v1/credits/A-20931", None, RECORDED),
    "match_member": ("/api/v1/members/2100003/match?last_name=Lindqvist", None, {"match": True}),
    "read_standing": (
        "/api/v1/members/2100003/standing",
        None,
        {
            "amt_id": "2100003",
            "certifications": [
                {
                    "credential": "RPT",
                    "status": "Active, in force",
                    "in_force": True,
                    "valid_until": "2027-01-08",
                    "cycle": {
                        "starts_on": "2024-01-09",
                        "ends_on": "2027-01-08",
                        "points_required": "24",
                        "points_counted": "22",
                    },
                }
            ],
        },
    ),
    "ask_for_standing": (
        "/api/v1/members/2100003/standing/consent",
        {"last_name": "Lindqvist"},
        {"detail": "If this is a member, the member now finds your request in the portal, and decides."},
    ),
}
MESSAGE: dict[str, Any] = {
    "type": "credit.matched",
    "timestamp": "2026-03-14T12:00:00-05:00",
    "data": RECORDED,
}


def refused(kind: str) -> dict[str, Any]:
    """Return the refusal of a credit. ``kind``: the address that explains this kind of problem."""
    return {
        "type": kind,
        "title": "Something in the request is wrong.",
        "status": 422,
        "detail": f"points: {_STEPS}",
        "errors": [{"field": "points", "sentence": _STEPS}],
        "request_id": "0d5a7bf23c114c4e9a529a7e7e1c2b1a",
    }
