"""Whether a PDF is tagged: what it says of itself to a screen reader."""

from io import BytesIO

import pikepdf


def assert_tagged(content: bytes, language: str, *, figures: int) -> None:
    """Check that a file is PDF/UA-1 and says so, with its language, a title, and words for its pictures."""
    with pikepdf.open(BytesIO(content)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == f"{language}-US"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"]
        tags = _tags(pdf.Root.StructTreeRoot)
        assert "/H1" in [str(tag.S) for tag in tags]
        described = [str(tag.Alt) for tag in tags if str(tag.S) == "/Figure"]
        assert len(described) == figures
        assert all(described)


def _tags(node: pikepdf.Object) -> list[pikepdf.Object]:
    children = node.get("/K", [])
    below = list(children) if isinstance(children, pikepdf.Array) else [children]
    found = [child for child in below if isinstance(child, pikepdf.Dictionary) and "/S" in child]
    return [tag for child in found for tag in [child, *_tags(child)]]
