"""What an attacker types: each line has a reason to be here, and none is a real address."""

from __future__ import annotations

# Texts for fields, queries, headers and parts of addresses. MARK is replaced by the request's own
# words with every sign that HTML minds, so that an echo of them is seen.
MARK = "{MARK}"
HOSTILE = [
    # Nothing, and what databases and C programs end at.
    *("", " ", "\x00", "a\x00b", "%00", "\ufeff", "\u200b"),
    # HTML, attributes, scripts, styles, comments.
    *(MARK, f"</textarea>{MARK}", f'" autofocus onfocus=alert(1) x="{MARK}', f"'-{MARK}-'"),
    *(f"<script>{MARK}</script>", f"<svg/onload={MARK}>", f"<!--{MARK}-->", f"]]>{MARK}"),
    *(f"javascript:alert(1)//{MARK}", f"data:text/html,{MARK}", "&lt;b&gt;&#x3c;b>"),
    # Templates, formats, databases, shells, spreadsheets, LDAP, XML, serialised things.
    *("{{ 7 * 7 }}{% debug %}", "${7*7}#{7*7}", "%s%n%x{0.__class__}", "%(password)s"),
    *("' OR 1=1 --", "1; DROP TABLE petitions_signature", "\\'; SELECT pg_sleep(9) --", "1/0"),
    *("$(sleep 9)`sleep 9`|sleep 9", "=HYPERLINK(1)", "@SUM(1)", "*)(uid=*", "__proto__"),
    *('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',),
    *('O:8:"stdClass":0:{}', "cos\nsystem\n(S'id'\ntR.", '{"$gt": ""}', "[[]]", "null", "NaN"),
    # Lines and headers.
    *("\r\nBcc: eve@mail.example", "a\r\nSet-Cookie: eve=1", "\u2028Bcc: eve@mail.example"),
    *("\x85x", "\x0b\x0c", "a\nb", "%0d%0aX-Eve: 1"),
    # Directions, combining, invisible, look-alike, growing, beyond the basic plane, no characters.
    *("\u202egnp.exe", "\u2066\u2069", "e\u0301" * 40, "Z\u0336\u0338\u0321" * 30, "аdmin"),
    *("İ" * 50, "ß" * 60, "ﬃ" * 40, "\U0001f3f3\ufe0f\u200d\U0001f308", "\ufffe\U0010ffff"),
    *("﷽" * 20, "Ꙭ", "١٢٣", "²", "①", "\u0660" * 20, "𝟙𝟚"),
    # Files and other hosts.
    *("../../../../etc/passwd", "..\\..\\windows\\win.ini", "/proc/self/environ", "file:///etc"),
    *("//evil.example", "https://evil.example/", "\\\\evil.example", "/\\evil.example"),
    *(
        "https:evil.example",
        "http:///evil.example",
        "//evil.example@asks.example/",
        "%2f%2fevil.example",
    ),
    *(
        "/%09/evil.example",
        "///evil.example/%2e%2e",
        "http://[::1]:8000/",
        "http://127.0.0.1:6379/",
    ),
    *("evil.example#asks.example", "https://asks.example.evil.example/", "/en/../../evil.example"),
    # Numbers.
    *("0", "-1", "1e309", "99999999999999999999", "2147483648", "9223372036854775808", "0x1f"),
    *("1_000", "+1", " 1", "1.0", "00", "-0", "9" * 400, "9" * 5000),
    # Long.
    *("x" * 300, "x" * 5000, "é" * 3000, "a@" * 500, "((((" * 300, "[" * 2000, "\\" * 999),
]
# Addresses to write to.
MAIL_ADDRESSES = [
    *("ann@mail.example", "ann@mail.example, eve@mail.example", '"a b"@mail.example'),
    *("ann@[127.0.0.1]", "ann@localhost", "@", "ann@", "@mail.example", "a@b@c.example"),
    *("ann@mail.example\r\nBcc: eve@mail.example", "ann@münchen.example", "ann@xn--a.example"),
    *(
        "ann@xn--" + "a" * 70 + ".example",
        "ann@" + "a." * 120 + "example",
        "x" * 65 + "@mail.example",
    ),
    *("ann@mail.example\x00", "<ann@mail.example>", "Ann <ann@mail.example>", "ann@mail..example"),
    *("ann@mail.ru", "ann+tag@mail.example", "аnn@mail.example", "ann@\u202eelpmaxe.liam"),
    *(
        "ann@xn--zzzzzzzzz.example",
        "ann@\u3002example",
        "ann@mail\uff0eexample",
        MARK + "@mail.example",
    ),
]
# Bytes for paths, queries and bodies that are no UTF-8, or not in its shortest form.
BYTES = [
    *(b"\xff\xfe", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc0\x80", b"\xed\xa0\x80"),
    *(b"\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x28\xa1", b"\xf8\x88\x80\x80\x80"),
]
# Whole paths, escaped, that no pattern has.
PATHS = [
    *("//evil.example/", "//evil.example/%2e%2e", "/\\evil.example/", "/%5cevil.example/"),
    *("/%2f%2fevil.example/", "///evil.example//", "/en//evil.example/", "/en/%2f%2fevil.example"),
    *("/https://evil.example/", "/en/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"),
    *(
        "/en/..%2f..%2fetc/passwd",
        "/.git/config",
        "/.env",
        "/wp-login.php",
        "/static/../../manage.py",
    ),
    *("/static/%2e%2e/%2e%2e/manage.py", "/static/..%5c..%5cmanage.py", "/static/", "/static/js/"),
    *("/static/%00", "/static/css/%ff.css", "/favicon.ico", "/EN/", "/xx/", "/en", "/en/petitions"),
    *(
        "/en/petitions/%00/",
        "/en/confirm/%FF/",
        "/%",
        "/%zz",
        "/%u0041/",
        "/*",
        "/en/;a=b/",
        "/en/%0d%0aX:1/",
    ),
    *(
        "/en/receipt/" + "a" * 4000 + "/",
        "/" + "a/" * 2000,
        "/en/%E2%80%AE/",
        "/en/\xa0/",
        "/?",
        "/?/en/",
    ),
    *(
        "/uk/uk/",
        "/admin",
        "/admin//evil.example",
        "/admin/login/",
        "/mailbox/",
        "/returns/",
        "/%C0%AE%C0%AE/",
    ),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
ODD_METHODS = ["PROPFIND", "BREW", "get", "M-SEARCH", "DEBUG", "TRACK", "PURGE", "X" * 60]
# Of headers, what is said in them beside hostile texts.
HEADERS = {
    "Accept": [
        "text/html",
        "application/json",
        "*/*;q=NaN",
        "text/html;q=" + "0" * 500,
        "/",
        ",,,",
    ],
    "Accept-Language": [
        "de",
        "uk-UA,uk;q=0.8",
        "*",
        "zz",
        "en;q=2",
        "de" * 300,
        "a-" * 200,
        "en\t,\tfr",
    ],
    "Accept-Encoding": [
        "gzip",
        "br",
        "zstd",
        "gzip;q=x",
        "*",
        "identity;q=0, *;q=0",
        "br,gzip" * 90,
    ],
    "Cookie": [
        "csrftoken=" + "a" * 32,
        "sessionid=x",
        "a=b; " * 300,
        "messages=x",
        "django_language=ru",
    ],
    "If-None-Match": ["*", "W/", '"', 'W/"x", "y"', "x" * 3000],
    "If-Match": ["*", '"x"'],
    "If-Modified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Zzz 99999 99:99:99 GMT", "0"],
    "If-Unmodified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT"],
    "Range": ["bytes=0-0", "bytes=0-", "bytes=-1", "bytes=9-1", "bytes=" + "0-1," * 500, "lines=1"],
    "Origin": [
        "null",
        "https://evil.example",
        "https://asks.example",
        "http://[",
        "https://asks.example:1",
    ],
    "Referer": ["https://evil.example/", "https://asks.example/en/", "http://[", "about:blank"],
    "Sec-Fetch-Site": ["same-origin", "cross-site", "none", "same-site", "x"],
    "User-Agent": [
        "",
        "curl/8",
        "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
    ],
    "X-Forwarded-Host": ["evil.example", "evil.example:1"],
    "X-Forwarded-For": ["127.0.0.1", "127.0.0.1, ::1", "x" * 300],
    "X-Real-IP": [
        "203.0.113.9",
        "::ffff:203.0.113.9",
        "2001:db8::1%eth0",
        "not an address",
        "1.2.3.4, 5",
    ],
    "RealIP": ["203.0.113.9", "nonsense"],
    "X-Forwarded-Port": ["1"],
    "X-Forwarded-Prefix": ["/evil"],
    "X-Original-URL": ["/admin/"],
    "X-Rewrite-URL": ["/admin/"],
    "X-HTTP-Method-Override": ["DELETE", "POST"],
    "X-Requested-With": ["XMLHttpRequest"],
    "Forwarded": ["for=127.0.0.1;host=evil.example;proto=https"],
    "Authorization": ["Basic YTpi", "Basic %", "Bearer x", "Basic " + "A" * 2000],
    "Content-Encoding": ["gzip", "x"],
    "Upgrade-Insecure-Requests": ["1"],
    "X-CSRFToken": ["a" * 32],
    "HX-Request": ["true"],
}
HOSTS = [
    *("evil.example", "asks.example.", "asks.example:443", "asks.example:99999", "asks.example:x"),
    *(
        "asks.example@evil.example",
        "evil.example#asks.example",
        "[::1]",
        "[",
        "127.0.0.1",
        "a b",
        "",
    ),
    *(
        ".asks.example",
        "xn--a",
        "ASKS.EXAMPLE",
        "asks.example,evil.example",
        "asks.example/",
        "x" * 300,
    ),
]
CONTENT_TYPES = [
    "application/x-www-form-urlencoded",
    *(
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded; charset=nonsense",
    ),
    *(
        f"application/x-www-form-urlencoded; charset={codec}"
        for codec in ("idna", "hex", "utf-16", "unicode_escape")
    ),
    *("application/json; charset=punycode", "text/plain; charset=undefined"),
    *(
        "application/json",
        "text/plain",
        "text/xml",
        "application/octet-stream",
        "x",
        "/",
        "multipart/form-data",
    ),
    *(
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 300,
        "multipart/mixed; boundary=b",
    ),
    *('multipart/form-data; boundary="b', "multipart/form-data; boundary=\xe9", "message/rfc822"),
]
JSON = [
    *("{}", "[]", "null", "1", '"x"', '{"a": "\\ud800"}', "{" * 500, "[" * 3000, '{"a": 1e999}'),
    *(
        "nonsense",
        '{"credential": {"id": "\\u0000"}}',
        '{"event-data": [], "signature": {}}',
        "NaN",
        "\ufeff{}",
    ),
    *(
        "9" * 5000,
        '{"signature": {"token": 1, "timestamp": [], "signature": null}, "event-data": {}}',
    ),
]
MULTIPART = [
    b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnn\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnn',
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="../../x.php"\r\n\r\n\r\n<b>\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="x"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n',
    b"--b\r\n\r\n\r\n--b--",
    b"--b",
    b"\r\n" * 200,
    b"--b\r\n" * 300,
    b'--b\r\nContent-Disposition: form-data; name="' + b"n" * 3000 + b'"\r\n\r\nx\r\n--b--\r\n',
    b"--b\r\nContent-Disposition: form-data; name*=utf-9''%ff\r\n\r\nx\r\n--b--\r\n",
    b"--b\r\n" + b"X-Header: 1\r\n" * 300 + b"\r\nx\r\n--b--\r\n",
    b'--b\r\nContent-Disposition: form-data; name="\xff\x00"\r\n\r\n\xff\xfe\x00\r\n--b--\r\n',
]
