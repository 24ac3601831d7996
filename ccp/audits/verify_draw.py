"""Verify a published draw, with nothing but Python: ``python3 verify_draw.py FOLDER``.

FOLDER has the published files. This program recomputes their SHA-256, the ticket of every line
(SHA-256 of the seed, a colon and the line), and who is drawn and who waits as a substitute. If all
is right, compare the SHA-256 that it prints with the one that was published before the seed.
"""

import sys
from hashlib import sha256
from json import loads
from pathlib import Path


def problem_with(files: dict[str, bytes]) -> str:
    listed = set(files.pop("SHA256SUMS", b"").split(b"\n"))
    found = {f"{sha256(content).hexdigest()}  {name}".encode() for name, content in files.items()} | {b""}
    if (wrong := {row[66:].decode(errors="replace") for row in listed ^ found}) or "frozen.txt" not in files:
        return f"These files are not as they were published: {', '.join(sorted(wrong)) or 'frozen.txt'}."
    draw = loads(files["draw.json"])
    if sha256(files["frozen.txt"]).hexdigest() != draw["sha256"]:
        return "frozen.txt is not the file whose SHA-256 was published when it was frozen."
    strata: dict[str, list[tuple[str, str]]] = {}
    for line, _, excluded in (row.partition("\t") for row in files["frozen.txt"].decode().splitlines()):
        if not excluded:
            ticket = sha256(f"{draw['seed']}:{line}".encode()).hexdigest()
            strata.setdefault(line.split("/")[0], []).append((ticket, line))
    drawn = ""
    for _, tickets in sorted(strata.items()):
        size = max(draw["at_least"], -(-len(tickets) * draw["share"] // 1000))
        for place, (ticket, line) in enumerate(sorted(tickets)[: 2 * size], start=1):
            drawn += f"{ticket}\t{line}\t{'drawn' if place <= size else 'substitute'}\n"
    is_right = files.get("drawn.txt", b"") == (drawn.encode() if draw["seed"] else b"")
    return "" if is_right else "drawn.txt is not what the seed draws."


def verdict(folder: Path) -> tuple[bool, str]:
    """Return whether the folder is right, and the sentence that says so, or what is wrong."""
    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        wrong = problem_with(dict(files))
    except (OSError, KeyError, ValueError, TypeError) as error:
        return False, f"WRONG: {folder} does not have the files of a draw, or they cannot be read ({error})."
    if wrong:
        return False, f"WRONG: {wrong}"
    state = "and exactly those are drawn whom the seed draws" if "drawn.txt" in files else "and nobody is drawn yet"
    return True, f"RIGHT: all files are as published, {state}. SHA-256: {sha256(files['frozen.txt']).hexdigest()}"


if __name__ == "__main__":
    is_right, sentence = verdict(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print(sentence)
    sys.exit(0 if is_right else 1)
