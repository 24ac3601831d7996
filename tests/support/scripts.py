"""Names and words in the scripts of the world, and what reads the letters that a PDF draws."""

from io import BytesIO

import pikepdf

SCRIPTS = {
    "Latin": "Zoë-Ångström Nguyễn Łukaszewicz",
    "Latin, accents apart": "Zoe\u0308 Nguye\u0302\u0303n M\u0331ara\u0323\u0308",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Наталья Щербакова Ґалаґан а\u0301",
    "Armenian": "Անահիտ Սարգսյան",
    "Georgian": "ნინო ბერიძე",
    "Hebrew": "שרה כהן שָׁלוֹם",
    "Arabic": "محمد علي الله",
    "Urdu": "عائشہ خان",
    "Persian": "زهرا می‌خواهم",
    "Syriac": "ܡܪܝܡ",
    "Thaana": "އައިޝަތު",
    "N'Ko": "ߝߊ߬ߕߎ߬",
    "Adlam": "𞤀𞤥𞤭𞤲𞤢",
    "Devanagari": "प्रिया शर्मा क्षत्रिय",
    "Bengali": "অমিত কুমার শ্রী",
    "Gurmukhi": "ਹਰਪ੍ਰੀਤ ਸਿੰਘ",
    "Gujarati": "પ્રિયા પટેલ",
    "Odia": "ଅନନ୍ୟା ଦାସ",
    "Tamil": "கமலா ஸ்ரீநிவாசன்",
    "Telugu": "లక్ష్మి రెడ్డి",
    "Kannada": "ಲಕ್ಷ್ಮೀ ಗೌಡ",
    "Malayalam": "ലക്ഷ്മി നായർ",
    "Sinhala": "නිමාලි ශ්‍රී",
    "Thai": "สมชาย ใจดี น้ำ",
    "Lao": "ສົມພອນ ແກ້ວ",
    "Khmer": "សុភា ព្រះ ខ្មែរ",
    "Burmese": "အောင်ဆန်း မြန်မာ",
    "Tibetan": "བསྟན་འཛིན་རྒྱ་མཚོ",
    "Ethiopic": "ሰላማዊት ተስፋዬ",
    "Cherokee": "ᏣᎳᎩ ᏍᏏᏉᏯ",
    "Inuktitut": "ᐃᓄᒃᑎᑐᑦ",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ",
    "Tifinagh": "ⴰⵎⴰⵣⵉⵖ",
    "Vai": "ꕙꔤ",
    "Javanese": "ꦗꦮ",
    "Balinese": "ᬩᬮᬶ",
    "Tagalog": "ᜊᜌ᜔ᜊᜌᜒᜈ᜔",
    "Yi": "ꆈꌠꁱꂷ",
    "Chinese": "王小明 龍飛",
    "Japanese": "𠮷田 健太 髙橋 山﨑 葛\U000e0100 ヴァ ﾊﾝｶｸ",
    "Korean": "김민수 한글",
    "Bopomofo": "ㄅㄆㄇ",
    "Hmong": "𞄀𞄄𞄰",
    "Osage": "𐓏𐓘𐓻𐓘𐓻𐓟",
    "Deseret": "𐐔𐐯𐑅𐐨𐑉𐐯𐐻",
    "Emoji": "🩸💉👩🏽‍⚕️🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f🇺🇸 1️⃣ ❤️ 🫨",
    "Signs": "≥ ≤ ± µ ✓ ☎ → ½ ™ № ∑ ♥ ° ‰ €",
    "Spaces": "a\u00a0b\u2003c\u202fd\u3000e\u2028f\u2029g\u0085h\u000bi",
    "Unseen": "so\u00adft z\u200bw \u202egnp\u202c \u2066x\u2069 \ufeffb",
}


GARAY = "\U00010d50"
"""A letter of a script of 2024, which none of the fonts has."""


def drawn_fonts(pdf: bytes) -> set[str]:
    """Return the names of the fonts in a PDF."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return {
            str(font.BaseFont).split("+")[1]
            for leaf in opened.pages
            for font in leaf.Resources.get("/Font", {}).values()
        }


def empty_boxes(pdf: bytes) -> int:
    """Return how often glyph 0, which is the empty box, is drawn.

    A glyph that the font does not have is led to it by a table of the font; without such a table
    the number in the page is the number of the glyph.
    """
    with pikepdf.open(BytesIO(pdf)) as opened:
        boxes = 0
        for leaf in opened.pages:
            fonts = leaf.Resources.get("/Font", pikepdf.Dictionary())
            boxes += sum(font.Encoding != pikepdf.Name("/Identity-H") for font in fonts.values())
            for operands, operator in pikepdf.parse_content_stream(leaf):
                for drawn in [*operands, *(operands[0] if str(operator) == "TJ" else [])]:
                    if isinstance(drawn, pikepdf.String):
                        glyphs = bytes(drawn)
                        boxes += sum(not any(glyphs[n : n + 2]) for n in range(0, len(glyphs), 2))
    return boxes
