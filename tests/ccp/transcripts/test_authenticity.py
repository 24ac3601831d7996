"""What has changed since a transcript was issued: the sentences, from two snapshots."""

from typing import Any

import pytest

from ccp.transcripts.authenticity import Said, changes

RMA: dict[str, Any] = {
    "cycle": 7,
    "credential": "RMA",
    "credential_name": "Registered Medical Assistant",
    "status": "active",
    "starts_on": "2023-05-01",
    "ends_on": "2026-04-30",
    "required": "30",
    "counted": "30",
    "met_on": "2026-03-13",
    "closed_on": None,
    "outcome": "",
    "corrections": [],
    "entries": {"CE-0000001": "20", "CE-0000002": "10"},
}


def record(*sheets: dict[str, Any]) -> dict[str, Any]:
    return {"amt_id": "7000001", "sheets": list(sheets)}


@pytest.mark.parametrize(
    ("now", "sentences"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(
            {"counted": "20", "entries": {"CE-0000001": "20"}, "met_on": None},
            [
                "20 points count now; they were 30.",
                "1 entry on it has been withdrawn or made void since.",
                "The requirement is no longer met.",
            ],
            id="an entry is gone",
        ),
        pytest.param(
            {"counted": "0", "entries": {}, "met_on": None},
            [
                "0 points count now; they were 30.",
                "2 entries on it have been withdrawn or made void since.",
                "The requirement is no longer met.",
            ],
            id="all are gone",
        ),
        pytest.param(
            {"counted": "31.5", "entries": {**RMA["entries"], "CE-0000003": "1.5"}},
            ["31.5 points count now; they were 30.", "1 entry has been added since."],
            id="one more",
        ),
        pytest.param({"met_on": "2026-03-20"}, ["The requirement was met on Mar 20, 2026."], id="met on another day"),
        pytest.param(
            {"closed_on": "2026-05-01", "outcome": "compliant"}, ["Closed on May 1, 2026 as compliant."], id="closed"
        ),
        pytest.param(
            {"corrections": [["28", "non-compliant", "2026-06-01", "A course did not take place."]]},
            ["AMT corrected it on Jun 1, 2026: 28 points, non-compliant."],
            id="corrected, without the statement",
        ),
        pytest.param(
            {"status": "lapsed"}, ["Certification status: lapsed now; it was active."], id="the certification"
        ),
    ],
)
def test_only_totals_and_status_are_told(now: dict[str, Any], sentences: list[str]) -> None:
    assert changes(record(RMA), record(RMA | now)) == sentences


def test_of_a_history_each_sentence_says_which_cycle() -> None:
    following = RMA | {"cycle": 8, "starts_on": "2026-05-01", "ends_on": "2029-04-30"}
    assert changes(record(RMA), record(RMA | {"status": "retired"}, following)) == [
        "RMA, May 1, 2023: Certification status: retired now; it was active.",
        "RMA, May 1, 2026: this cycle has been opened since.",
    ]


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        pytest.param({}, "Met on Mar 13, 2026", id="met"),
        pytest.param({"met_on": None, "counted": "29"}, "1 point to go", id="one point"),
        pytest.param({"met_on": None, "counted": "29.75"}, "0.25 points to go", id="a quarter"),
        pytest.param(
            {"met_on": None, "counted": "2", "closed_on": "2026-08-01", "outcome": "non-compliant"},
            "Not met: 28 points short",
            id="closed",
        ),
    ],
)
def test_the_requirement_is_told_as_the_paper_tells_it(figures: dict[str, Any], sentence: str) -> None:
    assert Said(RMA | figures).requirement_sentence == sentence


def test_another_amt_id_is_told() -> None:
    assert changes(record(RMA), {**record(RMA), "amt_id": "7000002"}) == ["The AMT ID has changed since."]
