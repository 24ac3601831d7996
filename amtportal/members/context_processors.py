"""AMT's name, phone and address for the footer of every page and for mail."""

from typing import Any

from django.http import HttpRequest

ASSOCIATION: dict[str, Any] = {
    "name": "American Medical Technologists",
    "short": "AMT",
    # As published on https://www.americanmedtech.org/Contact-Us in 2025.
    "phone": "847-823-5169",
    "address": ("10700 W. Higgins Road, Suite 150", "Rosemont, IL 60018"),
}


def association(request: HttpRequest) -> dict[str, object]:
    return {"association": ASSOCIATION}
