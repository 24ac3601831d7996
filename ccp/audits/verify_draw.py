"""Verify a published draw, with nothing but Python: ``python3 verify_draw.py FOLDER``.

FOLDER has the published files. This program recomputes their SHA-256, the ticket of every line
(SHA-256 of the seed, a colon and the line), who is drawn, who waits as a substitute, and which
substitute is called for somebody who is replaced. If all is right, compare the SHA-256 that it
prints with the one that was published before the seed.
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
    drawn, audited, waiting = "", set[str](), dict[str, list[str]]()
    for code, tickets in sorted(in_order(draw["seed"], files["frozen.txt"].decode()).items()):
        size = max(draw["at_least"], -(-len(tickets) * draw["share"] // 1000)) if draw["seed"] else 0
        for place, (ticket, line) in enumerate(tickets[: 2 * size], start=1):
            drawn += f"{ticket}\t{line}\t{'drawn' if place <= size else 'substitute'}\n"
        audited |= {line for _, line in tickets[:size]}
        waiting[code] = [line for _, line in tickets[size:]]
    if files.get("drawn.txt", b"") != drawn.encode():
        return "drawn.txt is not what the seed draws."
    return problem_with_replacements(files.get("replaced.txt", b"").decode(), audited, waiting)


def in_order(seed: str, frozen: str) -> dict[str, list[tuple[str, str]]]:
    """Return the tickets of each credential with their lines, the smallest first."""
    strata: dict[str, list[tuple[str, str]]] = {}
    for line, _, excluded in (row.partition("\t") for row in frozen.splitlines()):
        if not excluded:
            strata.setdefault(line.split("/")[0], []).append((sha256(f"{seed}:{line}".encode()).hexdigest(), line))
    return {code: sorted(tickets) for code, tickets in strata.items()}


def problem_with_replacements(replaced: str, audited: set[str], waiting: dict[str, list[str]]) -> str:
    """Each row takes one of the audited out, and calls the next of the same credential who waits."""
    for line, called in (row.split("\t") for row in replaced.splitlines()):
        following = waiting.get(line.split("/")[0], [])
        if line not in audited or called != (following.pop(0) if following else "nobody"):
            return "replaced.txt does not call the next substitute for somebody who was drawn."
        audited = (audited | {called}) - {line, "nobody"}
    return ""


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
