"""The one loader of the portal's variables: for the web server, the worker, timers, cron and operators."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SHOWN = [sys.executable, "-c", "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"]


def run(path: Path, content: str, *, mode: int = 0o600) -> "subprocess.CompletedProcess[str]":
    path.write_text(content)
    path.chmod(mode)
    environment = {"PATH": "/usr/bin:/bin", "AMTPORTAL_ENV": str(path)}
    return subprocess.run([DEPLOY / "env", *SHOWN], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "value",
    [
        "a&b <c> d",
        "p'a\"ss$HOME`id`",
        "back\\slash\\n",
        "a=b==",
        "#hash # not a comment",
        "",
        "smtp+tls://portal@host:587/?a=b&c",
        "ñandú",
    ],
)
def test_a_value_arrives_as_it_is(value: str, tmp_path: Path) -> None:
    done = run(tmp_path / "env", f"# the portal\n\nDATABASE_URL={value}\r\nMAINTENANCE=True\n")
    variables, folder = json.loads(done.stdout)
    assert (variables["DATABASE_URL"], variables["MAINTENANCE"]) == (value, "True")
    assert folder == str(DEPLOY.parent)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("export A=b", "line 2: write NAME=value, without spaces before the = and without export."),
        ("A = b", "line 2: write NAME=value"),
        ("A", "line 2: write NAME=value"),
        ("A='b'", "line 2: write A without quotes; the value is taken as it is."),
        ('A="b"', "line 2: write A without quotes"),
        ("A= b", "line 2: remove the spaces before or after the value of A."),
        ("FIRST=2", "line 2: FIRST stands there twice."),
    ],
)
def test_a_line_that_can_be_meant_in_two_ways_starts_nothing(line: str, said: str, tmp_path: Path) -> None:
    done = run(tmp_path / "env", f"FIRST=1\n{line}\n")
    assert (done.returncode, done.stdout) == (78, "")
    assert said in done.stderr


def test_a_file_that_everybody_can_read_or_that_is_missing_starts_nothing(tmp_path: Path) -> None:
    assert "chmod o=" in run(tmp_path / "env", "A=b\n", mode=0o644).stderr
    assert run(tmp_path / "env", "A=b\n", mode=0o640).returncode == 0
    gone = {"PATH": "/usr/bin:/bin", "AMTPORTAL_ENV": str(tmp_path / "gone")}
    done = subprocess.run([DEPLOY / "env", "true"], env=gone, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert "cannot be read" in done.stderr


def test_the_status_is_that_of_the_command(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("A=b\n")
    path.chmod(0o600)
    environment = {"PATH": "/usr/bin:/bin", "AMTPORTAL_ENV": str(path)}
    for command, status in ((["sh", "-c", "exit 7"], 7), (["/no/such/program"], 78), ([], 2)):
        done = subprocess.run([DEPLOY / "env", *command], env=environment, capture_output=True, check=False)
        assert done.returncode == status


def test_units_and_cron_read_the_variables_in_this_way_only() -> None:
    units = [unit for unit in (DEPLOY / "systemd").iterdir() if unit.suffix == ".service"]
    for unit in units:
        text = unit.read_text()
        assert "EnvironmentFile" not in text
        assert re.findall("^ExecStart=(.*?) ", text, re.MULTILINE) == ["/srv/amtportal/deploy/env"]
    cron = (DEPLOY / "amtportal.cron").read_text()
    assert "RUN=/srv/amtportal/deploy/env\n" in cron
    commands = [line for line in cron.splitlines() if re.match(r"[0-9*]", line)]
    assert all(re.match(r"(\S+ +){5}amtportal +\$RUN ", line) for line in commands)
