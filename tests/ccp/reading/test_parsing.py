"""What is read from the words of a certificate, and what is not.

Each text stands for a certificate. A field with one value is filled in, several are a choice.
"""

import pytest

from tests.support.certificates import read

pytestmark = pytest.mark.any_database

DAY = "2026-03-14"
# text, first days, last days, quantity, unit
CERTIFICATES = [
    ("has successfully completed Order of Draw on March 14, 2026 and earned 2 contact hours", [DAY], [], ["2"], "hour"),
    ("Completion Date: 03/14/2026\nCredits Earned: 1.5", [DAY], [], ["1.5"], "hour"),
    ("Date Issued: 03/20/2026\nDate Completed: 03/14/2026\nCE Credits: 1.0", [DAY], [], ["1"], "hour"),
    ("Awarded this 14th day of March 2026\nfor 3.0 hours of continuing education", [DAY], [], ["3"], "hour"),
    ("Course Date: March 14, 2026\nExpiration: March 14, 2028\nCEUs: 0.2", [DAY], [], ["0.2"], "ceu"),
    ("Date of birth: 03/02/1980\nDate of attendance: 03/14/2026\nNo. of hours: 4", [DAY], [], ["4"], "hour"),
    (
        "This course is approved by the state board (approval no. 12-345, 01/01/2025 to 12/31/2027).\n"
        "Attended: 3/14/2026. Hours: 2",
        [DAY],
        [],
        ["2"],
        "hour",
    ),
    (
        "attended the meeting on March 14-16, 2026 and was awarded 12.5 contact hours of a possible 18",
        [DAY],
        ["2026-03-16"],
        ["12.5"],
        "hour",
    ),
    (
        "Conference dates: March 30 - April 2, 2026\nContact hours: 10.0\nMaximum contact hours: 15.0",
        ["2026-03-30"],
        ["2026-04-02"],
        ["10"],
        "hour",
    ),
    ("Total Credit Hours: 6.00\nSession date 14 March 2026", [DAY], [], ["6"], "hour"),
    ("You have earned 0.15 CEU (1.5 contact hours)\nDate: 3/14/2026", [DAY], [], ["1.5"], "hour"),
    ("1.5 contact hours / 0.15 CEU\nMarch 14, 2026", [DAY], [], ["1.5"], "hour"),
    ("AMT CE points: 3\nCompleted 2026-03-14", [DAY], [], [], ""),
    ("se celebró el 14 de marzo de 2026 con una duración de 8 horas", [DAY], [], ["8"], "hour"),
    ("Fecha: 14 de marzo de 2026\nHoras contacto: 6", [DAY], [], ["6"], "hour"),
    ("del 10 al 14 de marzo de 2026, con un total de 20 horas lectivas", ["2026-03-10"], [DAY], ["20"], "hour"),
    ("Fecha de expedición: 20/03/2026\nFecha de realización: 14/03/2026\nDuración: 5 horas", [DAY], [], ["5"], "hour"),
    ("Válido hasta 14/03/2028\nRealizado el 14/03/2026\n3 créditos de educación continua", [DAY], [], ["3"], "hour"),
    ("Realizado el 04/03/2026, 3 horas contacto", ["2026-04-03", "2026-03-04"], [], ["3"], "hour"),
    (
        "Date   Course   Contact hours\n03/14/2026   Anatomy   2.0\n04/10/2026   Physiology   3.0",
        [DAY, "2026-04-10"],
        [],
        ["2", "3"],
        "hour",
    ),
    ("Issued: March 20, 2026\n2 contact hours", [], [], ["2"], "hour"),
    ("This certificate expires March 14, 2028.\nContact hours awarded: 2", [], [], ["2"], "hour"),
    ("Program approved for up to 6 contact hours.\nCompleted March 14, 2026", [DAY], [], [], ""),
    ("Program approved for 2 contact hours.\nCompleted March 14, 2026", [DAY], [], ["2"], "hour"),
    ("Contact hours: 2.0\nContact hours: 3.0\nDate attended March 14, 2026", [DAY], [], ["2", "3"], "hour"),
    ("Started on 3/10/2026\nCompleted on 3/14/2026\nCE hours 5", ["2026-03-10"], [DAY], ["5"], "hour"),
    ("Enrollment date 3/10/2026\nCompleted on 3/14/2026\nCE hours 5", [DAY], [], ["5"], "hour"),
    ("Date: March 14, 2026   Instructor: Jane Roe, MD   Hours: 1.0", [DAY], [], ["1"], "hour"),
    ("held in Boise, Idaho, on Saturday, March 14, 2026.\nParticipants receive 6 CEs", [DAY], [], [], ""),
    ("was present at the lecture on 14 March 2026 (2 hrs).", [DAY], [], ["2"], "hour"),
    ("Credits: 3\nSemester hours: 3\nSpring semester 2026", [], [], ["3"], "semester-hour"),
    ("Quarter hours earned: 4.0\nWinter quarter 2026", [], [], ["4"], "quarter-hour"),
    ("Fee: $45.00  Phone (402) 555-0134  Completed 03/14/26  CE: 2.00 contact hours", [DAY], [], ["2"], "hour"),
    ("March 14, 2026\nDate of Completion", [DAY], [], [], ""),
    ("03/14/2026      2.5\nDate            Contact Hours", [DAY], [], ["2.5"], "hour"),
    ("License expires   Date completed   Hours\n09/30/2027        03/14/2026       1.0", [DAY], [], ["1"], "hour"),
    ("Recertification due 09/30/2027. Completed 03/14/2026. 4.5 clock hours.", [DAY], [], ["4.5"], "hour"),
    ("Credit Awarded: 1.25 AMA PRA Category 1 Credits(TM)\nActivity date: Mar 14, 2026", [DAY], [], ["1.25"], "hour"),
    ("1.5 CEUs\nwebinar on March 14, 2026", [DAY], [], [], ""),
    ("For each hour 1 point. Points: 4. Attended 3/14/2026", [DAY], [], [], ""),
    ("Please complete the evaluation within 30 days. You attended 3.5 hours on 3/14/2026.", [DAY], [], ["3.5"], "hour"),
    ("Valid from 03/14/2026 to 03/14/2028\nCourse completed: 03/13/2026", ["2026-03-13"], [], [], ""),
    (
        "Effective 01/01/2026 Rev. 02/02/2026\nDate of Training: 03/14/2026\nLength: 90 minutes",
        [DAY],
        [],
        ["1.5"],
        "hour",
    ),
    ("Completed: 03/14/2026 04:15 PM EST", [DAY], [], [], ""),
    ("Test date: 03/14/2026   Score: 92%   Next test due: 03/14/2027", [DAY], [], [], ""),
    ("Certificate of completion dated March 14, 2026", [], [], [], ""),
    ("CE CREDIT: 2 HOURS\nDATE OF SERVICE: MARCH 14, 2026", [DAY], [], ["2"], "hour"),
    (
        "Se expide el presente a los 20 días del mes de marzo de 2026.\n"
        "Curso impartido los días 13 y 14 de marzo de 2026, 16 horas académicas.",
        ["2026-03-13"],
        [DAY],
        ["16"],
        "hour",
    ),
    ("Fecha de inicio: 10/03/2026   Fecha de término: 14/03/2026   Horas: 12", ["2026-03-10"], [DAY], ["12"], "hour"),
    ("Otorgado en San Juan, Puerto Rico, hoy 14 de marzo de 2026", [DAY], [], [], ""),
    ("0.3 CEUs awarded. 1 CEU = 10 contact hours. Completed 3/14/2026.", [DAY], [], ["0.3"], "ceu"),
    ("This program offers 6 contact hours. Hours attended: 4. Date: 3/14/2026", [DAY], [], ["4"], "hour"),
    ("12 CE hours required by 12/31/2026. CE hours earned: 2. Completed March 14, 2026.", [DAY], [], ["2"], "hour"),
    (
        "Release date: Jan 5, 2025 | Expiration date: Jan 5, 2028 | Completion date: Mar 14, 2026 | 1.0 contact hour",
        [DAY],
        [],
        ["1"],
        "hour",
    ),
    ("participó los días 13, 14 y 15 de marzo de 2026", ["2026-03-13"], ["2026-03-15"], [], ""),
    (
        "Participation period: 03/10/2026 - 03/14/2026\nHours of attendance: 24.5",
        ["2026-03-10"],
        [DAY],
        ["24.5"],
        "hour",
    ),
    ("NAME OF COURSE: Sutures\nDATE(S) ATTENDED: 3/14/26\nTOTAL CE HOURS: 2.5", [DAY], [], ["2.5"], "hour"),
    (
        "CE Certificate\nDate of Activity\n"
        "March 14, 2026\nContact Hours Awarded\n3.00\nExpiration Date of Accreditation\nJune 30, 2027",
        [DAY],
        [],
        ["3"],
        "hour",
    ),
    (
        "Participation Date   March 14, 2026\nApproval Period   January 1, 2026 - December 31, 2027\nCE hours   1",
        [DAY],
        [],
        ["1"],
        "hour",
    ),
    (
        "is hereby awarded 2.0 Contact Hours for attendance at the 2026 Spring Seminar, March 14, 2026",
        [DAY],
        [],
        ["2"],
        "hour",
    ),
    (
        "Live Course Date: 03/14/2026; Course Expiration Date: 03/14/2029; Instructional hours: 4",
        [DAY],
        [],
        ["4"],
        "hour",
    ),
    ("Congratulations! You completed this 3-credit course on 03/14/2026.", [DAY], [], ["3"], "hour"),
    ("CEUs earned: .25\nDate earned: March 14, 2026", [DAY], [], ["0.25"], "ceu"),
    ("CEU Credits: 2.0\nDate: 3/14/2026", [DAY], [], [], ""),
    (
        "Approved for 1.0 hour of CE by XYZ board. Approval # 20-12345 good through 12/31/2026. Date: 3/14/2026",
        [DAY],
        [],
        ["1"],
        "hour",
    ),
    ("The following hours were earned on 14-MAR-2026: 6.25 contact hours", [DAY], [], ["6.25"], "hour"),
    ("Presented on March 14, 2026 at Boise, ID\n1.00 contact hour(s)", [DAY], [], ["1"], "hour"),
    (
        "Participant completed 7 of 8 modules. Credit hours earned: 3.5. Completion: March 14, 2026.",
        [DAY],
        [],
        ["3.5"],
        "hour",
    ),
    (
        "Date Printed: 4/1/2026\nDate of Completion: 3/14/2026\n"
        "Certificate valid for 2 years\nNursing contact hours: 1.2",
        [DAY],
        [],
        ["1.2"],
        "hour",
    ),
    ("Hora de inicio: 8:00 a.m.\nFecha: 14 de marzo de 2026\nTotal de horas: 6", [DAY], [], ["6"], "hour"),
    (
        "Con una carga horaria de 40 horas académicas, realizado del 1 al 14 de marzo de 2026",
        ["2026-03-01"],
        [DAY],
        ["40"],
        "hour",
    ),
    (
        "Se le otorgan 2.5 horas crédito de educación continua por su asistencia el 14 de marzo de 2026",
        [DAY],
        [],
        ["2.5"],
        "hour",
    ),
    ("valor curricular de 30 hrs.\nImpartido del 2 al 14 de marzo de 2026", ["2026-03-02"], [DAY], ["30"], "hour"),
    ("0.6 CEU\n14 de marzo de 2026", [DAY], [], ["0.6"], "ceu"),
    ("Vence: 14/03/2028\nFecha del curso: 14/03/2026\nHoras: 4", [DAY], [], ["4"], "hour"),
    (
        "Emitido el 20 de marzo de 2026. Fecha de finalización: 14 de marzo de 2026. Créditos: 2",
        [DAY],
        [],
        ["2"],
        "hour",
    ),
    ("Marzo 14, 2026", [DAY], [], [], ""),
    ("14.03.2026 Teilnahme", [DAY], [], [], ""),
    ("has completed a four (4) hour course on\nMarch 14, 2026", [DAY], [], ["4"], "hour"),
    ("Attendance verified 3/20/2026 for session of 3/14/2026", [DAY], [], [], ""),
    (
        "Registration opens 1/5/2026. Session held March 14, 2026. Certificates mailed April 2, 2026. 5 contact hours.",
        [DAY],
        [],
        ["5"],
        "hour",
    ),
    ("Credit type: Contact Hours\nCredit amount: 1.75\nCredit date: 03/14/2026", [DAY], [], ["1.75"], "hour"),
    ("Activity: Sepsis\nCredits: 1.00\nCredit Type: CE\nDate Credit Awarded: 3/14/2026", [DAY], [], ["1"], "hour"),
    ("Hours\n2.0\nDate\n3/14/2026", [DAY], [], ["2"], "hour"),
    ("Course # 12-3456   Hours: 3   Date: 3/14/2026   Provider # CEP 12345", [DAY], [], ["3"], "hour"),
    ("Signature ________   Date 3/14/2026\n2 contact hours", [], [], ["2"], "hour"),
    ("1.0 contact hour Date: March 14, 2026 2.0 hours possible", [DAY], [], ["1"], "hour"),
    ("CPR card issued 03/14/2026, recommended renewal 03/2028", [], [], [], ""),
    ("Number of Hours: 12   Number of Weeks: 6   3/1/2026 through 3/14/2026", ["2026-03-01"], [DAY], ["12"], "hour"),
    (
        "Awarded 1 (one) contact hour. Date of program March 14, 2026. Program approved through March 14, 2028.",
        [DAY],
        [],
        ["1"],
        "hour",
    ),
    ("Awarded one (1.0) contact hour on 3/14/2026", [DAY], [], ["1"], "hour"),
    ("Sessions attended 3/14/2026 9:00 AM - 12:00 PM\n3 PACE contact hours", [DAY], [], ["3"], "hour"),
    (
        "You may claim a maximum of 5.0 contact hours. Credit claimed: 4.0 contact hours. Claimed on 3/14/2026",
        [DAY],
        [],
        ["4"],
        "hour",
    ),
    (
        "Grade: 95   Hours: 15   Term: 01/10/2026 - 03/14/2026   Credits: 1 semester hour",
        ["2026-01-10"],
        [DAY],
        ["1"],
        "semester-hour",
    ),
    (
        "This certificate, no. 2026-0314, was issued to Ann Lee for the March 14, 2026 webinar (1.5 contact hours).",
        [],
        [],
        ["1.5"],
        "hour",
    ),
    ("Training completed 03/14/2026. Refresher training must be completed by 03/14/2027.", [DAY], [], [], ""),
    ("2026-03-14T10:22:00Z completed", [DAY], [], [], ""),
    (
        "Date and place: March 14, 2026, Boise\nThe term of approval extends from 4/2/2025 to 12/28/2026.\n2 CE hours",
        [DAY],
        [],
        ["2"],
        "hour",
    ),
    ("8/22/2026 4:02:11 PM\nhas completed the course as of March 14, 2026", [], [], [], ""),
    (
        "which ran from Tuesday, March 10, to Saturday, March 14, 2026, 8 contact hours (0.80 CEU)",
        ["2026-03-10"],
        [DAY],
        ["8"],
        "hour",
    ),
    ("Kind            Offered   Earned\nContact hours   8.0       2.0\nAttended 3/14/2026", [DAY], [], ["2"], "hour"),
    ("attended March 13, 2026 and March 14, 2026", ["2026-03-13"], [DAY], [], ""),
    ("Date: March 20, 2026\nYou took part in it on March 14, 2026.", [DAY], [], [], ""),
    ('DATE: March 20, 2026\nYou attended "Point by Point" on March 14, 2026.', [DAY], [], [], ""),
    (
        "Report of 01/01/2026 to 04/30/2026\nCompleted 03/14/2026\nCompleted 03/13/2026",
        ["2026-03-13", DAY],
        [],
        [],
        "",
    ),
    ("Supervisor: ____________ Date: 3/14/2026\nCE hours: 2", [], [], ["2"], "hour"),
    (
        "July 4, 2026 - July 6, 2026 Annual Convention. 14 Contact Hours Awarded. Next convention: July 3, 2027",
        ["2026-07-04"],
        ["2026-07-06"],
        ["14"],
        "hour",
    ),
]


@pytest.mark.parametrize(("text", "starts", "ends", "quantity", "unit"), CERTIFICATES)
def test_days_and_hours(text: str, starts: list[str], ends: list[str], quantity: list[str], unit: str) -> None:
    found = read(text)
    assert sorted(found.values("starts_on")) == sorted(starts)
    assert sorted(found.values("ends_on")) == sorted(ends)
    assert sorted(found.values("quantity")) == sorted(quantity)
    assert found.unit == unit


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("AMT CE points: 3", ["3"]),
        ("Contact hours: 1.5", ["1.5"]),
        ("0.15 CEU", ["1.5"]),
        ("0.125 CEU", ["1.25"]),
        ("Nursing contact hours: 1.2", ["1"]),  # rounded down to a quarter
        ("3 semester hours", []),  # AMT says what they are worth
        ("1.5 CEUs", ["1.5", "15"]),
        ("1.5 CEUs. One CEU equals ten contact hours.", ["15"]),
        ("CEU hours: 0.5", ["0.5", "5"]),
        ("0.5 CEU by the American Association of Medical Assistants", ["0.5", "5"]),  # its CEU is an hour
        ("2 contact hours, 0.3 CEU", ["2", "3"]),
        ("Course: HIV/AIDS for Health Workers (2 Hour)", []),
        ("Office hours: 9 to 5. Worth 2 CE hours.", ["2"]),
        ("Duration: 2 hours and 30 minutes", ["2.5"]),
        ("Tiempo: 1 h 15 min", ["1.25"]),
        ("Equivale a 2 horas crédito de educación continua", ["2"]),
        ("You scored 92 points and passed. Worth 1.5 CE hours.", ["1.5"]),
        ("Score: 92 points out of 100", []),
        ("Earned 3.00 of 5.00 contact hours", ["3"]),
        ("1 hour - 60 minutes. 1 hour 60 minutes", []),
        ("CONTACT HOURS (1 hour    60 minutes)", []),
    ],
)
def test_points_follow_from_hours_and_ceu(text: str, points: list[str]) -> None:
    assert sorted(read(text).values("points")) == points


def test_a_quantity_is_a_choice_of_one_unit_only() -> None:
    found = read("2 contact hours, 0.3 CEU")
    assert (found.values("quantity"), found.unit) == ([], "")


@pytest.mark.parametrize("text", ["Date attended: 3/14/2026", "Contact hours: 2"])
def test_what_the_ocr_is_not_sure_of_is_not_filled_in(text: str) -> None:
    assert read(text)
    assert not read(text, sure=30)


def test_a_number_that_lost_its_point_is_not_filled_in() -> None:
    assert read("05 horas contacto").values("quantity") == ["5"]
    assert read("05 contact hours", sure=96).values("quantity") == []


def test_a_day_without_a_word_beside_it_is_filled_in_from_text_only() -> None:
    assert read("March 14, 2026").values("starts_on") == [DAY]
    assert read("March 14, 2026", sure=96).values("starts_on") == []


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        pytest.param("attended on Saturday, March 14, 2026", [DAY], id="the weekday fits"),
        pytest.param("attended on Saturday, March 16, 2026", [], id="one of both is wrong"),
        pytest.param("asistió el sábado 04/04/2026", ["2026-04-04"], id="one reading"),
        pytest.param("asistió el viernes 04/03/2026", ["2026-04-03"], id="the weekday decides"),
        pytest.param("Date attended: 04.03.2026", ["2026-03-04", "2026-04-03"], id="dots may have the day first"),
        pytest.param("Date attended: 04.03.2026, not 03.14.2026", ["2026-04-03"], id="the page decides"),
        pytest.param("Programme attended: 04/03/2026", ["2026-03-04", "2026-04-03"], id="British words may, too"),
    ],
)
def test_the_weekday_and_the_page_decide_how_a_day_is_read(text: str, starts: list[str]) -> None:
    assert sorted(read(text).values("starts_on")) == starts


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        pytest.param("Provider: Health Educators of Boise\n\n\nDate: 3/14/2026", True, id="it ends with its line"),
        pytest.param("Provided by Health Educators of Boise\nand Omaha", False, id="it may go on"),
        pytest.param("Provided by Boise Hospital in Idaho", False, id="a place, or a part of the name"),
    ],
)
def test_a_provider_that_may_be_cut_off_is_only_offered(text: str, is_sure: bool) -> None:
    [provider] = read(text, sure=99)["provider"]
    assert provider.is_sure is is_sure


def test_a_day_of_which_nothing_is_said_beside_others_is_only_offered() -> None:
    [alone] = read("March 14, 2026")["starts_on"]
    [beside] = read("March 14, 2026\nExpires: March 14, 2028")["starts_on"]
    assert alone.is_sure
    assert not beside.is_sure


def test_a_title_over_two_lines_of_its_cell_is_one() -> None:
    """Lines are recognized, as in a picture: in typed text they are too far apart."""
    found = read(
        """
        Course            Completed     Hours
        Blood Smears in   03/14/2026    2.0
        Primary Care
        """,
        sure=99,
    )
    assert found.values("title") == ["Blood Smears in Primary Care"]


def test_a_label_beside_the_last_line_of_its_value_is_not_enough() -> None:
    found = read("           Prairie State Health\nSponsor:   Department", sure=99)
    assert not any(one.is_sure for one in found["provider"])


def test_the_heads_of_columns_are_no_title() -> None:
    assert read("Course   Date ordered Date finished Grade").values("title") == []
    assert read("Course: Blood Smears Mar 6, 2026").values("title") == ["Blood Smears"]


def test_a_total_of_several_activities_is_one_of_several_values() -> None:
    found = read("Completed      Hours\n03/14/2026     2.0\n04/10/2026     3.0\n\n\nTotal CE hours: 5.0")
    assert sorted(found.values("quantity")) == ["2", "3", "5"]


def test_the_total_alone_is_only_offered() -> None:
    found = read("Completed 03/14/2026\nCompleted 04/10/2026\nTotal CE hours: 5.0")
    assert [(one.value, one.is_sure) for one in found["points"]] == [("5", False)]


def test_one_day_beside_several_numbers_is_only_offered_from_a_picture() -> None:
    """The picture may have a day in each row of which one was read."""
    text = "Completed      Contact hours\n03/14/2026     2.0\n               3.0"
    for sure, is_sure in ((100, True), (96, False)):
        [day] = read(text, sure=sure)["starts_on"]
        assert (day.value, day.is_sure) == (DAY, is_sure)


def test_a_value_tells_where_it_stood() -> None:
    found = read("Certificate\n\nDate attended: 3/14/2026")
    spot = found["starts_on"][0].spot
    assert found["starts_on"][0].said == "3/14/2026"
    assert spot is not None
    assert 0.15 < spot.left < spot.right < 0.35
    assert 0.05 < spot.top < spot.bottom < 0.1


def test_a_table_of_several_activities_is_a_choice() -> None:
    found = read(
        """
        Completed      Activity               Contact hours
        03/14/2026     Basic Hematology       2.00
        01/20/2026     Sharps and Needles     1.50
        11/02/2025     Order of Draw          3.00
        """
    )
    assert sorted(found.values("starts_on")) == ["2025-11-02", "2026-01-20", DAY]
    assert sorted(found.values("quantity")) == ["1.5", "2", "3"]
    assert found.values("title") == ["Basic Hematology", "Sharps and Needles", "Order of Draw"]


def test_labels_stand_below_what_is_written_on_a_line() -> None:
    found = read(
        """
                    for attending the seminar

          03/14/2026          2.5               03/14/2028
        Date of Program    Contact Hours     Approval Expires
        """
    )
    assert found.values("starts_on") == [DAY]
    assert found.values("quantity") == ["2.5"]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Course title: Order of Draw", ["Order of Draw"]),
        ("Title   Sharps and Needles\nName   Ann Lee", ["Sharps and Needles"]),
        ("has successfully completed the course\nOrder of Draw\non March 14, 2026", ["Order of Draw"]),
        ('attended the in-service "Sharps and Needles" on March 14, 2026', ["Sharps and Needles"]),
        ("Por su participación en el curso\nToma de muestras\ncelebrado el 14 de marzo de 2026", ["Toma de muestras"]),
        ("for attending Sepsis: The First Hours on March 14, 2026", ["Sepsis: The First Hours"]),
        ("This certifies that\nAnn Lee\nis a member", []),
    ],
)
def test_titles(text: str, titles: list[str]) -> None:
    assert read(text).values("title") == titles


@pytest.mark.parametrize(
    ("text", "providers"),
    [
        ("Sponsored by Lakeshore Health Academy on March 14, 2026", ["Lakeshore Health Academy"]),
        ("Provider: Great Plains University, 12 Main Street, Boise, ID 83702", ["Great Plains University"]),
        ("Provider: Center on Aging at Lake University", ["Center on Aging at Lake University"]),
        ("Presented by American Council on Safety on Monday, May 4, 2026", ["American Council on Safety"]),
        ("Provider: Council on Practice #50-1234", ["Council on Practice"]),
        ("organized by LabSmart Education", ["LabSmart Education"]),
        ("Educational provider: Boise Hospital #50-1234", ["Boise Hospital"]),
        ("Presented by Jane Roe, MD", []),  # a person
        ("Blue Ridge Hospital\ncertifies that\nAnn Lee", ["Blue Ridge Hospital"]),
        ("Sponsor: Blue Ridge Hospital\nProvided by Delta Academy", ["Blue Ridge Hospital", "Delta Academy"]),
        ("Delta Academy is approved as a provider of continuing education", ["Delta Academy"]),
    ],
)
def test_providers(text: str, providers: list[str]) -> None:
    assert sorted(read(text).values("provider")) == sorted(providers)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("attended the webinar, 2 contact hours", ["course-seminar-webinar"]),
        ("completed the course, 0.2 CEU", ["course-ceu"]),
        ("passed the journal quiz, 1 contact hour", ["self-study"]),
        ("self-study course, 1 contact hour", ["self-study", "course-seminar-webinar"]),
        ("3 semester hours", ["college-semester-hours"]),
        ("4 quarter hours", ["college-quarter-hours"]),
        ("2 contact hours", []),
        ("as an invited speaker at the conference, 2 contact hours", []),
    ],
)
def test_activity_types(text: str, types: list[str]) -> None:
    assert read(text).values("activity_type") == types


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        pytest.param("Course title: Sepsis in the Laboratory", True, id="labeled"),
        pytest.param('has attended "Sepsis in the Laboratory"', True, id="quoted"),
        pytest.param("has successfully completed\nSepsis in the Laboratory", False, id="only after completed"),
    ],
)
def test_a_title_that_no_word_names_is_only_offered(text: str, is_sure: bool) -> None:
    [title] = read(text)["title"]
    assert (title.value, title.is_sure) == ("Sepsis in the Laboratory", is_sure)
