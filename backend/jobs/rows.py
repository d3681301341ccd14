"""Rows of the table of jobs as values."""

from __future__ import annotations

import json
import sqlite3

from backend.jobs.model import Claim, Job


def next_claim_of(row: sqlite3.Row) -> Claim:
    """What taking this job gives."""
    request = json.loads(row["request"])
    facts = (row["kind"], request, row["key"], row["units"], row["turn"], row["shares"])
    return Claim(row["id"], row["fence"] + 1, row["attempts"] + 1, *facts)


def job_of(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        request=json.loads(row["request"]),
        status=row["status"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        attempts=row["attempts"],
        units=row["units"],
        key=row["key"],
        cancel_requested=bool(row["cancel_requested"]),
        result=json.loads(row["result"]) if row["result"] else None,
        problem=json.loads(row["problem"]) if row["problem"] else None,
        last_event=row["last_event"] or 0,
        state=json.loads(row["state"]) if row["state"] else None,
    )
