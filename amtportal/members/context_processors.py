"""What every page knows of the association: the words of its foot and of its mails."""

from django.http import HttpRequest

ASSOCIATION: dict[str, object] = {
    "name": "American Medical Technologists",
    "short": "AMT",
    # https://www.americanmedtech.org/Contact-Us, as published in 2025.
    "phone": "847-823-5169",
    "address": ("10700 W. Higgins Road, Suite 150", "Rosemont, IL 60018"),
}


def association(request: HttpRequest) -> dict[str, object]:
    return {"association": ASSOCIATION}
