"""A mailbox on this machine, which a program reads by IMAP (RFC 3501): as much of it as the portal asks for."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PASSWORD = "a secret of reports"


@dataclass
class Mailboxes:
    """Messages by mailbox, and by key."""

    boxes: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    deleted: set[int] = field(default_factory=set)

    def answer(self, command: str) -> tuple[list[bytes], str]:
        """Return what the server says before the end, and the end."""
        words = re.findall(r'"[^"]*"|\([^)]*\)|\S+', command)
        words = [word.strip('"') for word in words]
        match words[0].upper(), *words[1:]:
            case "CAPABILITY", *_:
                return [b"* CAPABILITY IMAP4rev1"], "OK"
            case "LOGIN", _, password:
                return [], "OK" if password == PASSWORD else "NO wrong password"
            case "SELECT", name:
                return [b"* %d EXISTS" % len(self.boxes.get(name, {}))], "OK" if name in self.boxes else "NO no such"
            case "CREATE", name:
                self.boxes[name] = {}
            case "EXPUNGE", *_:
                for key in self.deleted:
                    self.boxes["INBOX"].pop(key, None)
            case "UID", "SEARCH", *_:
                return [b"* SEARCH " + " ".join(map(str, self.boxes["INBOX"])).encode()], "OK"
            case "UID", "FETCH", key, *_:
                content = self.boxes["INBOX"][int(key)]
                head = b"* 1 FETCH (UID %s BODY[] {%d}\r\n" % (key.encode(), len(content))
                return [head + content + b")"], "OK"
            case "UID", "COPY", key, name:
                if name not in self.boxes:
                    return [], "NO [TRYCREATE] no such"
                self.boxes[name][int(key)] = self.boxes["INBOX"][int(key)]
            case "UID", "STORE", key, *_:
                self.deleted.add(int(key))
            case "LOGOUT", *_:
                return [b"* BYE"], "OK"
            case _:
                return [], "BAD"
        return [], "OK"


@contextmanager
def imap_server() -> Iterator[tuple[Mailboxes, int]]:
    """Run the server in a thread. Return what it keeps, and its port."""
    kept = Mailboxes()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                said, end = kept.answer(command)
                self.wfile.write(b"".join(each + b"\r\n" for each in said) + f"{tag} {end} done\r\n".encode())
                if command.upper().startswith("LOGOUT"):
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield kept, server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
