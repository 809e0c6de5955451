"""Threads that start together, each with a database connection of its own."""

import threading

from django.db import connections


def at_once(*jobs) -> list[Exception]:
    """Do them; what they raised."""
    start, raised = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            start.wait()
            job()
        except Exception as error:  # noqa: BLE001 - the tests look at every kind
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
