"""Other hosts' names, other sites' forms, and other people's pages out of the memory."""

from http import HTTPStatus

import pytest

from fuzz.by_wsgi import ask
from fuzz.requests import URLENCODED, Request
from petitions.models import SignRequest
from petitions.web.caching import FOR_PROXIES
from tests.wsgi import the_tests_connection

pytestmark = pytest.mark.django_db
HOST = "asks.example"
ASK = "/en/petitions/special-rapporteur/"
EVIL = "evil.example"
FORM = b"name=Ann+Lee&email=ann%40mail.example&country=LT&visibility=officials"


@pytest.fixture
def get(application, site, five_asks, keys):
    """An answer to a request that comes through the proxy, with these headers besides."""

    def send(path, *, method="GET", body=b"", host=HOST, scheme="https", **headers):
        path, _, query = path.partition("?")
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        typed = [("Content-Type", URLENCODED)] if body else []
        all_headers = [("Host", host), ("X-Forwarded-Proto", scheme), *typed, *named]
        request = Request(method, path.encode(), query.encode(), all_headers, body, "")
        with the_tests_connection():
            return ask(application, request, site)

    return send


# --- Host


@pytest.mark.parametrize(
    "host",
    [
        EVIL,
        f"{HOST}.{EVIL}",
        f"{HOST}@{EVIL}",
        f"{EVIL}#{HOST}",
        f"{HOST}, {EVIL}",
        "",
        "[",
        f"{HOST}:x",
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_an_unknown_host_gets_words_that_do_not_name_it(get, host, scheme):
    answer = get(ASK, host=host, scheme=scheme)

    assert answer.status == HTTPStatus.BAD_REQUEST
    assert EVIL.encode() not in answer.body
    assert EVIL not in str(answer.headers)


@pytest.mark.parametrize(
    "path", ["/", "/en/", ASK, "/sitemap.xml", "/en/updates.atom", "/robots.txt"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_Host": EVIL},
        {"Forwarded": f"host={EVIL}"},
        {"X_Forwarded_Prefix": f"/{EVIL}"},
        {"X_Original_URL": f"/{EVIL}"},
        {"X_Forwarded_Port": "1"},
    ],
)
def test_no_other_header_says_what_this_host_is_called(get, path, headers):
    answer = get(path, **headers)

    assert EVIL.encode() not in answer.body
    assert EVIL not in str(answer.headers)


def test_a_port_of_the_hosts_name_stands_in_no_link(get):
    for path in ("/en/", "/sitemap.xml", "/en/updates.atom"):
        assert b":99" not in get(path, host=f"{HOST}:99").body.replace(b"<dd>", b"")


# --- Redirects


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"//{EVIL}",
            f"//{EVIL}/",
            f"/%5c{EVIL}/",
            f"/%2f%2f{EVIL}",
            f"///{EVIL}/%2e%2e",
            f"/.//{EVIL}",
        ),
        *(
            f"/en//{EVIL}",
            f"/en/%2f{EVIL}",
            f"/petitions//{EVIL}",
            f"/https://{EVIL}/",
            "/en",
            "/safety",
        ),
        *(f"/?next=//{EVIL}", f"/admin/login/?next=//{EVIL}", f"/admin/?next=https://{EVIL}"),
        *(f"/admin/account/login/?next=/\\{EVIL}", f"/admin/account/logout/?next=https://{EVIL}"),
        *(f"/admin//{EVIL}", f"/admin/x/?next=https:{EVIL}", f"/%0d%0aLocation:%20https://{EVIL}/"),
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_redirect_leaves_the_site(get, path, scheme):
    answer = get(path, scheme=scheme)

    for target in answer.values("location"):
        assert target.startswith((f"https://{HOST}/", "/"))
        assert not target.startswith(("//", "/\\"))


# --- Forms of other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": f"https://{HOST}"},
        {"Origin": f"https://{EVIL}"},
        {"Origin": f"https://{HOST}.{EVIL}"},
        {"Origin": f"https://{HOST}:8443"},
        {"Origin": "http://["},
        {"Origin": HOST},
        {"Origin": ""},
    ],
)
def test_a_foreign_form_is_refused_in_words(get, headers):
    answer = get(ASK, method="POST", body=FORM, **headers)

    assert answer.status == HTTPStatus.FORBIDDEN
    assert not SignRequest.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-origin", "Origin": "null"},
        # Tor Browser hides the origin of onion services and sends "null" where no referrer may go.
        {"Origin": "null"},
        {"Origin": f"https://{HOST}"},
        {},
    ],
)
def test_the_sites_own_form_arrives_from_every_browser(get, headers):
    assert get(ASK, method="POST", body=FORM, **headers).status == HTTPStatus.OK
    assert SignRequest.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X_HTTP_Method_Override": "POST"},
        {"X_Method_Override": "DELETE"},
        {"X_HTTP_Method": "POST"},
    ],
)
def test_a_look_stays_a_look_whatever_a_header_says(get, headers):
    assert get(f"{ASK}?{FORM.decode()}&_method=POST", **headers).status == HTTPStatus.OK
    assert not SignRequest.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": "csrftoken=" + "a" * 32}, {"Origin": "null"}, {"Origin": f"https://{EVIL}"}],
)
def test_the_sign_in_form_wants_its_token(get, headers):
    answer = get("/admin/account/login/", method="POST", body=b"login=x&password=y", **headers)

    assert answer.status == HTTPStatus.FORBIDDEN


# --- Pages out of the memory


POISON = [
    {"X_Forwarded_Host": EVIL},
    {"X_Forwarded_Scheme": "http"},
    {"Accept_Language": "ru"},
    {"Cookie": f"django_language=ru; a={EVIL}"},
    {"Referer": f"https://{EVIL}/"},
    {"Range": "bytes=0-9"},
    {"Accept": f"text/{EVIL}"},
    {"If_None_Match": "*"},
    {"If_Modified_Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
    {"X_HTTP_Method_Override": "HEAD"},
    {"Accept_Encoding": "gzip"},
    {"Authorization": f"Basic {EVIL}"},
    {"host": f"{HOST}:99"},
    {"scheme": "http"},
]


@pytest.mark.parametrize("headers", POISON, ids=str)
@pytest.mark.parametrize(
    "query", ["", f"?x={EVIL}", f"?via={EVIL}", f"?via=&via={EVIL}", f"?utm=//{EVIL}"]
)
def test_what_one_asks_for_is_not_what_others_are_shown(get, headers, query):
    get(f"{ASK}{query}", **headers)

    others = get(ASK)

    assert others.status == HTTPStatus.OK
    assert others.values("cache-control") == [FOR_PROXIES]
    assert others.values("content-language") == ["en"]
    assert not others.values("content-encoding")
    assert EVIL.encode() not in others.body
    assert EVIL not in str(others.headers)
    assert b"</html>" in others.body


def test_a_look_with_too_many_words_behind_it_is_refused_also_when_the_page_is_kept(get):
    get(ASK)

    assert get(f"{ASK}?{'a=1&' * 300}").status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("codec", ["utf-8", "utf-7", "idna", "hex", "undefined", "nonsense"])
def test_no_alphabet_that_a_request_names_breaks_anything(get, codec):
    named = {"Content_Type": f"{URLENCODED}; charset={codec}"}

    assert get(f"{ASK}?{'a=1&' * 300}", **named).status == HTTPStatus.BAD_REQUEST
    assert get(f"{ASK}?a=%C3%A9", **named).status == HTTPStatus.OK
    assert get(ASK, method="POST", body=FORM, **named).status == HTTPStatus.OK


def test_a_link_with_a_nul_leads_nowhere(get):
    assert get("/en/preview/%00/").status == HTTPStatus.NOT_FOUND


def test_a_script_that_signs_in_is_not_told_the_password_again(get):
    token = "a" * 32
    answer = get(
        "/admin/account/login/",
        method="POST",
        body=f"login=ann&password=a+typed+password&csrfmiddlewaretoken={token}".encode(),
        Cookie=f"csrftoken={token}",
        Origin=f"https://{HOST}",
        X_Requested_With="XMLHttpRequest",
    )

    assert answer.status == HTTPStatus.OK
    assert answer.values("content-type") == ["text/html; charset=utf-8"]
    assert b"a typed password" not in answer.body
