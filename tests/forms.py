"""Filling in the site's real forms, as a browser without scripts does."""

from datetime import timedelta
from urllib.parse import quote

import httpx
from django.http import HttpResponse
from django.utils import timezone

from local.html_forms import Form, read_page
from petitions.web.traps import make_stamp


def but_for_its_own_address(response: HttpResponse) -> str:
    """A page's text, as it is the same for all addresses: the links to its translations hold it."""
    token = quote(response.wsgi_request.resolver_match.kwargs["token"])
    return response.content.decode().replace(f"/{token}/", "/token/")


def form_on(page: httpx.Response) -> Form:
    *_, form = (
        form for form in read_page(page.text, address=str(page.url)).forms if form.method == "POST"
    )
    return form


def submit(client: httpx.Client, page: httpx.Response, **typed: list[str] | str) -> httpx.Response:
    """Send the page's form with what is typed in, as its own page would."""
    form = form_on(page)
    unknown = set(typed) - set(form.fields)
    assert not unknown, f"The page has no field {unknown}."
    wishes = {name: [value] if isinstance(value, str) else value for name, value in typed.items()}
    if "stamp" in form.fields:
        wishes["stamp"] = [stamp_of_a_reader()]
    return client.post(
        form.action, data=form.filled(wishes), headers={"Sec-Fetch-Site": "same-origin"}
    )


def stamp_of_a_reader() -> str:
    """As if the page had been read for a minute; else the mail of so fast a form waits."""
    return make_stamp(timezone.now() - timedelta(minutes=1))


def submit_all_ticked(client: httpx.Client, page: httpx.Response) -> httpx.Response:
    """Agree to each ask on a confirmation page."""
    return submit(client, page, petitions=form_on(page).fields["petitions"].offers)
