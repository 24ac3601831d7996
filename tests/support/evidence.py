"""Files that members might attach: sound files, and files that must not be stored as they are."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pikepdf
import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

from amtportal.members.models import Member, User
from ccp.evidence import attaching as evidence
from ccp.evidence import files as evidence_files
from ccp.evidence import waiting
from ccp.models import Activity, Evidence, PendingFile, Reading
from ccp.reading.found import Candidate, Found
from tests.support.builders import TODAY, noon

SECRET = "taken at home"
PDF = pikepdf.Name
CROP = b"\x89PNG\r\n\x1a\n" + bytes(20)


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (60, 40), mode: str = "RGB", turned: bool = False) -> bytes:
    """Return a picture, red on the left and blue on the right.

    Its metadata hold a place, a comment and a camera.
    """
    image = Image.new("RGB", size, "red")
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    image = image.convert(mode)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET
    exif[ExifTags.Base.ImageDescription] = SECRET
    if turned:
        exif[ExifTags.Base.Orientation] = 6  # viewers turn it clockwise
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (41.0, 52.0, 30.0), 3: "W", 4: (87.0, 37.0, 0.0)})
    file = BytesIO()
    if kind == "HEIC":
        pillow_heif.from_pillow(image).save(file, exif=exif.tobytes(), quality=80)
    else:
        more = {"comment": SECRET} if kind == "JPEG" else {}
        image.save(file, kind, exif=exif, **more)
    return file.getvalue()


def pdf(pages: int = 1, **root: Any) -> bytes:
    """Return a PDF with this many empty pages and with these entries in its catalogue."""
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page()
        for key, value in root.items():
            made.Root[PDF(f"/{key}")] = value
        return written(made)


def written(made: pikepdf.Pdf, **how: Any) -> bytes:
    file = BytesIO()
    made.save(file, **how)
    return file.getvalue()


def sent(content: bytes, name: str = "certificate.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def attach(
    activity: Activity, content: bytes | None = None, *, name: str = "certificate.png", by: User | None = None
) -> Evidence:
    """Return a file that is attached to the entry, a picture unless another file is given."""
    with evidence_files.opened(sent(content or picture("PNG"), name)) as file:
        return evidence.add(activity=activity, file=file, by=by or activity.member.user, at=noon(TODAY))[0]


def wait(member: Member, content: bytes | None = None, *, name: str = "certificate.pdf") -> PendingFile:
    """Return a file that waits for a Record CE form, and was read: a title with the piece of its page."""
    with evidence_files.opened(sent(content or pdf(), name)) as file:
        waiting_file, _ = waiting.keep(member=member, number=uuid4(), file=file, at=noon(TODAY))
    found = Found({"title": (Candidate("Sepsis", "Sepsis", CROP),)})
    reading = {"state": "done", "found": found.to_json(), "asked_at": noon(TODAY), "finished_at": noon(TODAY)}
    Reading.objects.create(file=waiting_file, **reading)
    return waiting_file


def make_pending_file(member: Member, **fields: Any) -> PendingFile:
    """Return the row of a file that waits for a Record CE form; there is no file in the storage."""
    return PendingFile.objects.create(
        **{
            "member": member,
            "submission_id": uuid4(),
            "original_name": "certificate.pdf",
            "kind": "pdf",
            "size": 1000,
            "sha256": "0" * 64,
            "stored_sha256": "0" * 64,
            "stored_name": f"00/{uuid4().hex}",
            "added_at": noon(TODAY),
            **fields,
        }
    )


def make_evidence(activity: Activity, **fields: Any) -> Evidence:
    """Return the row of a file that is attached to the entry; there is no file in the storage."""
    return Evidence.objects.create(
        **{
            "activity": activity,
            "original_name": "certificate.pdf",
            "kind": "pdf",
            "size": 1000,
            "sha256": uuid4().hex * 2,
            "stored_sha256": "0" * 64,
            "stored_name": f"00/{uuid4().hex}",
            "added_at": noon(TODAY),
            "added_by": activity.member.user,
            **fields,
        }
    )
