"""Postal addresses and phone numbers that members type: what can be right, and in which form it is kept.

- An address has a first line and a city. Only in the United States are the state and the ZIP code
  checked; an empty country is the United States, as in the roster.
- Anywhere else, the state and the postal code may be empty and may hold anything.
- A phone number has 7 to 15 digits (ITU-T E.164), and may have an extension. In the United States,
  without a plus sign, it has 10.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from amtportal.members.names import folded
from amtportal.refusals import Problem

ADDRESS = ("address_line1", "address_line2", "city", "state", "postal_code", "country")
UNITED_STATES = {
    *("", "us", "usa", "u s", "u s a", "united states", "united states of america", "america"),
    *("ee uu", "eeuu", "estados unidos", "estados unidos de america"),
}
# With the District of Columbia, the territories that the Postal Service serves, and the armed forces.
_STATES = """
AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut, DE Delaware,
DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois, IN Indiana, IA Iowa, KS Kansas,
KY Kentucky, LA Louisiana, ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota, MS Mississippi,
MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey, NM New Mexico, NY New York,
NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon, PA Pennsylvania, RI Rhode Island,
SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, UT Utah, VT Vermont, VA Virginia, WA Washington,
WV West Virginia, WI Wisconsin, WY Wyoming, PR Puerto Rico, GU Guam, VI Virgin Islands, AS American Samoa,
MP Northern Mariana Islands, AA Armed Forces Americas, AE Armed Forces Europe, AP Armed Forces Pacific
"""
STATES = {code: name for code, _space, name in (entry.strip().partition(" ") for entry in _STATES.split(","))}


def _bare(text: str) -> str:
    return folded(text).replace(" ", "")


_BY_WORDS = {_bare(words): words for words in (*STATES, *STATES.values())}
_ZIP = re.compile(r"([0-9]{5})(?:[ -]?([0-9]{4}))?")
_DIGITS = r"\(?[0-9][0-9 ().\-/]*"
_NUMBER = re.compile(rf"(\+?)({_DIGITS})(?:,? ?(?:x|ext\.?|extension) ?[0-9]{{1,6}})?", re.IGNORECASE)


def is_in_united_states(country: str) -> bool:
    return folded(country) in UNITED_STATES


def tidied(address: Mapping[str, str]) -> dict[str, str]:
    """Return the address with the state and the ZIP code of the United States as the Postal Service writes them."""
    values = dict(address)
    if is_in_united_states(values["country"]):
        values["state"] = _BY_WORDS.get(_bare(values["state"]), values["state"])
        if match := _ZIP.fullmatch(values["postal_code"]):
            values["postal_code"] = "-".join(filter(None, match.groups()))
    return values


def problems_with_address(address: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with a tidied address, in the order of the form."""
    problems = []
    if not address["address_line1"]:
        problems.append(Problem("address_line1", _("Enter the first line of your address, for example 12 Oak Street.")))
    if not address["city"]:
        problems.append(Problem("city", _("Enter the city.")))
    if is_in_united_states(address["country"]):
        elsewhere = _("If you live outside the United States, enter the country.")
        if not address["state"]:
            problems.append(Problem("state", _("Enter the state, for example IL.") + " " + elsewhere))
        elif _bare(address["state"]) not in _BY_WORDS:
            sentence = _("“%(state)s” is not a state of the United States. Enter it like IL or Illinois.")
            problems.append(Problem("state", sentence % {"state": address["state"]} + " " + elsewhere))
        if not _ZIP.fullmatch(address["postal_code"]):
            sentence = _("Enter the ZIP code: 5 digits, or 9 like 60018-4401.") + " " + elsewhere
            problems.append(Problem("postal_code", sentence))
    return problems


def problem_with_phone(phone: str, *, country: str) -> Problem | None:
    """Return why this can be nobody's phone number. An empty one is none."""
    if not phone:
        return None
    match = _NUMBER.fullmatch(phone)
    digits = len(re.sub("[^0-9]", "", match[2])) if match else 0
    if not match or not 7 <= digits <= 15:
        return Problem(
            "phone", _("Enter a phone number of 7 to 15 digits, for example 847-555-0134 or +52 55 5555 0134.")
        )
    if is_in_united_states(country) and not match[1]:
        national = re.sub("[^0-9]", "", match[2])
        if digits != 10 and not (digits == 11 and national.startswith("1")):
            sentence = _(
                "A phone number in the United States has 10 digits with the area code, for example 847-555-0134. Begin "
                "a number of another country with + and its code."
            )
            return Problem("phone", sentence)
    return None
