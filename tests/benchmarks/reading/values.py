"""What the certificates of the test set say: people, titles, providers, days and numbers.

Everything follows from the seed.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

TODAY = date(2026, 11, 30)

MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
}

TITLES = {
    "en": [
        "Bloodborne Pathogens: Annual Update",
        "Reading the Peripheral Blood Smear",
        "Order of Draw and Tube Additives",
        "Preventing Hemolysis in the Emergency Department",
        "HIPAA Privacy for the Clinical Team",
        "Introduction to Molecular Diagnostics",
        "Coagulation Case Studies",
        "Pediatric Phlebotomy: Easing the Needle",
        "ECG Basics for Medical Assistants",
        "Infection Control in the Dental Office",
        "Urinalysis: Casts, Crystals and Cells",
        "Communicating with Anxious Patients",
        "Point-of-Care Testing: Quality and Compliance",
        "Antimicrobial Stewardship at the Bench",
        "Diabetes Management in Primary Care",
        "Basic Life Support for Healthcare Providers",
        "The Ethics of Genetic Testing",
        "Understanding Thyroid Function Tests",
        "Safe Handling of Sharps",
        "Leadership Skills for Laboratory Supervisors",
        "Medication Administration Safety",
        "Transfusion Reactions: Recognition and Response",
        "COVID-19 Testing, Five Years On",
        "Medical Coding Update 2026",
        "Vaccine Storage and Handling",
        "Parasites of the Gut: A Visual Guide",
        "Radiation Protection in Dental Imaging",
        "Cultural Humility in Patient Care",
        "Troubleshooting Hematology Analyzers",
        "Workplace Violence Prevention",
        "Microbiology of Wound Infections",
        "24/7 Laboratories: Staffing the Night Shift",
        "Sepsis: The First Three Hours",
        "Instrument Sterilization from A to Z",
        "Hepatitis B: 3 Doses in 6 Months",
        "What Is New in Specimen Transport",
        "HIV/AIDS for Health Workers (2 Hour)",
        "Hemoglobin A1c, Point by Point",
        "Preventing Medical Errors",
        "On Time, On Target: Rapid Influenza Tests",
    ],
    "es": [
        "Actualización en bioseguridad",
        "Toma de muestras en pediatría",
        "Control de calidad en el laboratorio clínico",
        "Fundamentos de electrocardiografía",
        "Manejo de residuos peligrosos",
        "Hematología: casos clínicos",
        "Comunicación con el paciente ansioso",
        "Prevención de infecciones en la consulta dental",
        "Flebotomía avanzada",
        "Ética y confidencialidad del paciente",
        "Técnicas de microbiología clínica",
        "Diabetes: atención primaria y seguimiento",
        "Seguridad del paciente en el banco de sangre",
        "Buenas prácticas en la toma de muestras",
    ],
}
PROVIDERS = {
    "en": [
        "Lakeshore Health Academy",
        "Midwest Society of Laboratory Staff",
        "Great Plains University",
        "Cedar Valley Community College",
        "Blue Ridge Medical Center",
        "Phlebotomy Today Institute",
        "National Association of Allied Health Educators",
        "St. Brendan Hospital",
        "Prairie State Dental Society",
        "BrightBench Learning",
        "Harborview Training Partners, LLC",
        "Tri-County Health Department",
        "American Council on Laboratory Practice",
        "LabSmart Education",
        "Sunrise Continuing Education, Inc.",
        "Ozark Regional Clinic",
        "Keystone Safety Consultants",
        "Institute for Training in Laboratory Medicine",
        "Center on Aging at Lake University",
        "Health Educators of the Dakotas",
        "Coalition on Patient Safety",
    ],
    "es": [
        "Universidad de Caguas",
        "Colegio de Tecnólogos Médicos",
        "Instituto de Salud del Caribe",
        "Hospital San Rafael",
        "Centro de Formación Sanitaria Delta",
        "Asociación de Flebotomistas del Sur",
        "Academia Médica Bolívar",
    ],
}
NAMES = {
    "en": [
        "Dana Whitfield", "Marcus O. Reyes", "Søren Lindqvist", "Thi Nguyen", "Priya Raman", "Katherine A. Blum",
        "Joseph P. Walker", "Aaliyah Brooks", "Monica May Carter", "April Jensen", "Deborah Fox-Hale",
    ],
    "es": [
        "María Fernanda Ortiz", "José Luis Peña", "Ana Lucía Rivera", "Carlos Alberto Núñez", "Rosa Elena Marzo",
        "Julio César Abreu",
    ],
}  # fmt: skip
SIGNERS = {
    "en": [
        "Ellen Marsh, PhD", "Robert Kline, MT(AMT)", "J. T. Okafor, MD", "Linda Summers, RN, MSN", "Paul Varga",
    ],
    "es": ["Dra. Carmen Soto", "Lic. Esteban Mora", "Dr. Ignacio Vela", "Mtra. Julia Robles"],
}  # fmt: skip
CITIES = {
    "en": ["Omaha, NE 68102", "Toledo, OH 43604", "Boise, ID 83702", "Albany, NY 12207", "Tulsa, OK 74103"],
    "es": ["San Juan, PR 00901", "Caguas, PR 00725", "Ponce, PR 00731", "Laredo, TX 78040"],
}
STREETS = ["1200 Harbor Blvd., Suite 310", "45 College Avenue", "P.O. Box 2205", "900 N. 5th Street", "77 Main St."]
HOURS = ["0.5", "1", "1", "1", "1.25", "1.5", "2", "2", "2.5", "3", "4", "5", "6", "6.5", "7.5", "8", "12", "16"]


@dataclass(frozen=True)
class Day:
    """A day that writes itself: ``n/j/Y`` and ``F jS, Y`` as in PHP, in English or Spanish."""

    day: date
    language: str

    def written(self, how: str) -> str:
        return re.sub(r"\\(.)|([a-zA-Z])", lambda letter: letter[1] or self._part(letter[2]), how)

    def _part(self, letter: str) -> str:
        day, month = self.day, MONTHS[self.language][self.day.month - 1]
        weekday = WEEKDAYS[self.language][day.weekday()]
        parts = {
            "d": f"{day.day:02}",
            "j": f"{day.day}",
            "m": f"{day.month:02}",
            "n": f"{day.month}",
            "Y": f"{day.year}",
            "y": f"{day.year % 100:02}",
            "F": month,
            "M": month[:3],
            "l": weekday,
            "D": weekday[:3],
            "S": {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day not in (11, 12, 13) else 0, "th"),
        }
        return parts.get(letter, letter)


@dataclass(frozen=True)
class Number:
    """A number that writes itself: as it is, with at least ``.1`` or ``.2`` decimals, with a comma."""

    number: Decimal

    def written(self, how: str) -> str:
        plain = f"{self.number.normalize():f}"
        if how.startswith("."):
            plain = max(plain, f"{self.number:.{how[1]}f}", key=len)
        return plain.replace(".", ",") if how.endswith(",") else plain


def values(chance: Random, language: str) -> dict[str, object]:
    """Return what one certificate says, by the names that the layouts use."""
    on = TODAY - timedelta(days=chance.randrange(12, 900))
    days = chance.choice([1, 1, 2, 2, 3, 4, 6, 12, 35])
    first, last = on - timedelta(days=days), on
    hours = Decimal(chance.choice(HOURS))
    titles = chance.sample(TITLES[language], 4)
    providers = chance.sample(PROVIDERS[language], 3)
    names = chance.sample(NAMES[language], 2)
    later = on + timedelta(days=chance.randrange(2, 40))

    def day(value: date) -> Day:
        return Day(value, language)

    made: dict[str, object] = {
        "name": names[0],
        "signer": chance.choice(SIGNERS[language]),
        "title": titles[0],
        "title2": titles[1],
        "title3": titles[2],
        "provider": providers[0],
        "provider2": providers[1],
        "on": day(on),
        "first": day(first),
        "last": day(last),
        "issued": day(later),
        "printed": day(later + timedelta(days=chance.randrange(1, 60))),
        "expires": day(on + timedelta(days=chance.choice([180, 365, 730, 1095]))),
        "approved": day(on - timedelta(days=chance.randrange(100, 700))),
        "approved_until": day(on + timedelta(days=chance.randrange(20, 900))),
        "registered": day(first - timedelta(days=chance.randrange(3, 90))),
        "birth": day(date(chance.randrange(1958, 2001), chance.randrange(1, 13), chance.randrange(1, 28))),
        "other_day": day(on - timedelta(days=chance.randrange(40, 200))),
        "third_day": day(on - timedelta(days=chance.randrange(210, 400))),
        "hours": Number(hours),
        "ceu": Number(hours / 10),
        "minutes": int(hours * 60),
        "more_hours": Number(hours + chance.choice([2, 4, 6, 10])),
        "total_hours": Number(hours + chance.choice([18, 24, 31])),
        "other_hours": Number(Decimal(chance.choice(HOURS)) + 2),
        "semester": Number(Decimal(chance.choice(["1", "2", "3", "4"]))),
        "approval": f"{chance.choice(['A', 'CE', 'P', ''])}{chance.randrange(10, 9999)}-{chance.randrange(100, 999)}",
        "number": f"{chance.randrange(10000, 99999999)}",
        "license": f"{chance.choice(['CLP', 'MT', 'DA'])}{chance.randrange(1000, 99999)}",
        "amt_id": f"{chance.randrange(2000000, 3999999)}",
        "phone": f"({chance.randrange(201, 989)}) 555-01{chance.randrange(10, 99)}",
        "price": f"${chance.randrange(15, 250)}.00",
        "score": chance.randrange(78, 101),
        "street": chance.choice(STREETS),
        "city": chance.choice(CITIES[language]),
        "version": f"{chance.randrange(1, 4)}.{chance.randrange(0, 9)}",
    }
    return made
