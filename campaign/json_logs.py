"""Logs as JSON lines; a laptop does without, and so does its memory."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pythonjsonlogger.json import JsonFormatter

from campaign.logs import chain_of, kind_of, message_of, places_of, scrubbed


class EventJsonFormatter(JsonFormatter):
    """For a machine that collects logs: a line an event, of these fields and no others."""

    def __init__(self, role: str) -> None:
        super().__init__(json_ensure_ascii=False)
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "role": self.role,
            "pid": os.getpid(),
            "logger": record.name,
            # Before values are put in: the same for all events of a kind.
            "event": scrubbed(str(record.msg))
            if isinstance(record.msg, str)
            else message_of(record),
            "message": message_of(record),
        }
        if values := _values_of(record):
            fields["values"] = values
        if record.exc_info and record.exc_info[1]:
            fields["errors"] = [
                {"kind": kind_of(error), "places": places_of(error.__traceback__)}
                for error in chain_of(record.exc_info[1])
            ]
        return str(self.jsonify_log_record(fields))


def _values_of(record: logging.LogRecord) -> list[str]:
    """Of what was put into the message the numbers and ids of rows, for whoever looks one up."""
    values = record.args if isinstance(record.args, tuple) else ()
    return [str(each) for each in values if isinstance(each, int | UUID)]
