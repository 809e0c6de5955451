"""Two spellings of an address: one person, two people, or two people who look like one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from petitions.signatures.addresses import (
    AddressNotValid,
    canonical_address,
    clean_address,
    drawn_alike,
    look_alike_index,
    mail_key,
    news_index,
    signature_index,
)

# One pair a line; \t, \u0308 and the like are written out, so that they can be seen.

ONE_PERSON = r"""
ann@mail.example                     ANN@mail.example
ann@mail.example                     Ann@Mail.Example
ann@mail.example                     ann@MAIL.EXAMPLE
ann@mail.example                     aNN@mail.examPLE
Ann.Lee@mail.example                 ann.lee@mail.example
ANN_LEE@mail.example                 ann_lee@mail.example
ann-lee@mail.example                 Ann-Lee@mail.example
ann@mail.example                     ann+news@mail.example
ann@mail.example                     ann+@mail.example
ann@mail.example                     ann+1@mail.example
ann@mail.example                     ann+2@mail.example
ann@mail.example                     ann+a+b@mail.example
ann@mail.example                     ann+five.asks@mail.example
ann@mail.example                     ann+ASKS@mail.example
ann@mail.example                     Ann+Asks@Mail.example
ann@mail.example                     ann+++@mail.example
ann@mail.example                     ann+x-y_z@mail.example
ann+one@mail.example                 ann+two@mail.example
ann+one@mail.example                 ANN+TWO@mail.example
ann.lee@mail.example                 ann.lee+petitions@mail.example
ann.lee+a@mail.example               Ann.Lee+b@MAIL.example
a@mail.example                       a+b@mail.example
007@mail.example                     007+bond@mail.example
ann=lee@mail.example                 ann=lee+x@mail.example
o'neill@mail.example                 O'Neill@mail.example
o'neill@mail.example                 o'neill+x@mail.example
ann/lee@mail.example                 Ann/Lee@mail.example
ann@sub.mail.example                 ann@SUB.mail.example
ann@sub.mail.example                 ann+x@Sub.Mail.example
ann@xn--bcher-kva.example            ann@bücher.example
ann@bücher.example                   ann@BÜCHER.example
ann@bücher.example                   ann@Bücher.Example
ann@bücher.example                   ANN+x@bücher.example
ann@bücher.example                   ann@XN--BCHER-KVA.example
ann@münchen.example                  ann@xn--mnchen-3ya.example
ann@пример.example                   ann@xn--e1afmkfd.example
ann@пример.example                   ann@ПРИМЕР.example
ann@пример.example                   Ann+x@Пример.example
ann@почта.пример.example             ann@ПОЧТА.пример.example
ann@παράδειγμα.example               ann@ΠΑΡΆΔΕΙΓΜΑ.example
ann@例え.example                     ann@xn--r8jz45g.example
ann@例え.example                     ann+x@例え.example
ann@žluťoučký.example                ann@ŽLUŤOUČKÝ.example
ann@łódź.example                     ann@ŁÓDŹ.example
ann@bu\u0308cher.example             ann@bücher.example
ann@cafe\u0301.example               ann@café.example
ann@cafe\u0301.example               ann@CAFÉ.example
ann@и\u0306од.example                ann@йод.example
ann@ｂｏｏｋ.example                 ann@book.example
ann@ＭＡＩＬ.example                 ann@mail.example
ann@mail。example                    ann@mail.example
ann.example.person@gmail.com         annexampleperson@gmail.com
ann.example.person@gmail.com         a.n.n.example.person@gmail.com
ann.example.person@gmail.com         annexample.person@gmail.com
ann.example.person@gmail.com         Ann.Example.Person@Gmail.com
ann.example.person@gmail.com         ann.example.person+asks@gmail.com
ann.example.person@gmail.com         annexampleperson+a.b.c@gmail.com
ann.example.person@gmail.com         ann.example.person@googlemail.com
ann.example.person@gmail.com         annexampleperson@GoogleMail.com
ann.example.person@gmail.com         ANNEXAMPLEPERSON+X@GOOGLEMAIL.COM
ann.example.person+a@googlemail.com  a.nnexampleperson+b@gmail.com
ann@mail.example                     \u00a0ann@mail.example
ann@mail.example                     ann@mail.example\t
ann@mail.example                     \u2003ann+x@mail.example\r\n
ann@xn--bcher-kva.example            ann+x@bu\u0308cher.example
ann@sub.bücher.example               ann@sub.xn--bcher-kva.example
"""

TWO_PEOPLE = r"""
ann@mail.example                     bob@mail.example
ann@mail.example                     anna@mail.example
ann@mail.example                     an@mail.example
ann@mail.example                     ann@post.example
ann@mail.example                     ann@mail.test-site.example
ann@mail.example                     ann@sub.mail.example
ann@mail.example                     ann@mail-example.example
ann@mail.example                     ann@mails.example
ann.lee@mail.example                 annlee@mail.example
ann.lee@mail.example                 ann_lee@mail.example
ann.lee@mail.example                 ann-lee@mail.example
ann-lee@mail.example                 annlee@mail.example
ann-lee@mail.example                 ann_lee@mail.example
ann-news@mail.example                ann-asks@mail.example
ann-news@mail.example                ann@mail.example
ann=news@mail.example                ann@mail.example
ann#news@mail.example                ann@mail.example
ann@mail.example                     +ann@mail.example
+ann@mail.example                    +bob@mail.example
a.n.n@mail.example                   ann@mail.example
ann.lee@mail.example                 lee.ann@mail.example
ann.lee@mail.example                 a.lee@mail.example
ann1@mail.example                    ann2@mail.example
ann2@mail.example                    ann3@mail.example
ann@mail2.example                    ann@mail3.example
ann@mail.example                     ann@mail2.example
ann+x@mail.example                   bob+x@mail.example
ann+bob@mail.example                 bob+ann@mail.example
ann@bücher.example                   ann@bucher.example
ann@bücher.example                   ann@buecher.example
ann@bücher.example                   bob@bücher.example
ann@bücher.example                   ann@müller.example
ann@пример.example                   ann@primer.example
ann@пример.example                   ann@почта.example
ann@пример.example                   bob@пример.example
ann@例え.example                     ann@例.example
ann@straße.example                   ann@strase.example
ann@café.example                     ann@cafe.example
ann@йод.example                      ann@иод.example
ann@łódź.example                     ann@lodz.example
ann.example.person@gmail.com         ann.example.people@gmail.com
ann.example.person@gmail.com         ann_example_person@gmail.com
ann.example.person@gmail.com         ann-example-person@gmail.com
ann.example.person@gmail.com         annexampleperson@mail.example
ann.example.person@gmail.com         ann.example.person@mail.example
ann.example.person@gmail.com         ann.example.person@gmail.example
ann.example.person@gmail.com         ann.example.person@sub.gmail.com
ann.example.person@gmail.example     annexampleperson@gmail.example
ann.example.person@googlemail.com    ann.example.person@googlemail.example
o'neill@mail.example                 oneill@mail.example
ann/lee@mail.example                 annlee@mail.example
ann%lee@mail.example                 annlee@mail.example
ann!lee@mail.example                 annlee@mail.example
ann.lee@mail.example                 ann.lea@mail.example
john@mail.example                    jon@mail.example
ann@mail.example                     ann@mall.shop.example
kate@mail.example                    katie@mail.example
ann@east.mail.example                ann@west.mail.example
ann@a.example                        ann@b.example
a@mail.example                       b@mail.example
aa@mail.example                      a@mail.example
ann@mail.example                     annmail@example.example
x@y.z.example                        x.y@z.example
sasha@mail.example                   masha@mail.example
"""

LOOK_ALIKES = r"""
bill@mail.example                    bi1l@mail.example
bill@mail.example                    bil1@mail.example
paul@mail.example                    pau1@mail.example
olga@mail.example                    o1ga@mail.example
tom@mail.example                     torn@mail.example
emma@mail.example                    ernma@mail.example
emma@mail.example                    emrna@mail.example
emma@mail.example                    ernrna@mail.example
mia@mail.example                     rnia@mail.example
ann@mail.example                     ann@rnail.example
ann@mail.example                     ann@mai1.example
ann@mail.example                     ann@rnai1.example
ann@hello.example                    ann@he11o.example
ann@post.example                     ann@pоst.example
ann@post.example                     ann@рost.example
ann@post.example                     ann@рoѕt.example
ann@apple.example                    ann@аpple.example
ann@apple.example                    ann@аррle.example
ann@cope.example                     ann@соре.example
ann@peace.example                    ann@реасе.example
ann@sea.example                      ann@ѕеа.example
ann@ace.example                      ann@асе.example
ann@yes.example                      ann@уеѕ.example
ann@office.example                   ann@оffice.example
ann@mail.example                     ann@mаil.example
ann@mail.example                     ann@maіl.example
ann@oxo.example                      ann@охо.example
ann@oxo.example                      ann@οxo.example
ann@nova.example                     ann@noνa.example
ann@vote.example                     ann@νote.example
ann@vote.example                     ann@vοte.example
ann@hope.example                     ann@hoрe.example
ann@hope.example                     ann@һope.example
ann@joy.example                      ann@ϳoy.example
ann@joy.example                      ann@јoy.example
ann@window.example                   ann@wіndow.example
ann.example.person@gmail.com         ann.examp1e.person@gmail.com
ann.example.person@gmail.com         annexarnpleperson@gmail.com
ann.example.person@gmail.com         Ann.Examp1e.Person+x@googlemail.com
ann+x@mail.example                   ann+y@rnail.example
bill+x@mail.example                  bi1l@mail.example
Bill@Mail.example                    BI1L@mail.example
o'neill@mail.example                 o`neill@mail.example
ann@gοοgle.example                   ann@google.example
ann@ıce.example                      ann@ice.example
ann@ɑpple.example                    ann@apple.example
ann@ɡreat.example                    ann@great.example
ann@coօp.example                     ann@coop.example
ann@ԛueen.example                    ann@queen.example
ann@ԝorld.example                    ann@world.example
ann@mɑil.example                     ann@mail.example
ann@рaypoint.example                 ann@paypoint.example
ann@ᴠote.example                     ann@vote.example
ann@oոe.example                      ann@one.example
ann@еxodus.example                   ann@exodus.example
ann@bіlling.example                  ann@bi11ing.example
bella@mail.example                   be1la@mail.example
carla@mail.example                   car1a@mail.example
alla@mail.example                    a11a@mail.example
karl@mail.example                    kar1+news@mail.example
mila@mail.example                    rni1a@mail.example
adam@mail.example                    adarn@mail.example
ann@team.example                     ann@tearn.example
ann@paypal.example                   ann@раураl.example
ann@coco.example                     ann@сосо.example
ann@sis.example                      ann@ѕіѕ.example
ann@xox.example                      ann@хох.example
ann@ехо.example                      ann@EXO.example
ann@social.example                   ann@ѕосіаl.example
summer@mail.example                  surnrner@mail.example
"""


def pairs(table: str) -> list[tuple[str, str]]:
    lines = [line.split(maxsplit=1) for line in table.strip().splitlines()]
    return [(seen(one), seen(other)) for one, other in lines]


def seen(written: str) -> str:
    """Only what is written with a backslash is decoded: the rest is not ASCII as it is."""
    return written.encode("ascii", "backslashreplace").decode("unicode_escape")


def indexes(petition_id: int, typed: str) -> tuple[bytes, bytes]:
    address = clean_address(typed)
    return signature_index(petition_id, address), look_alike_index(petition_id, address)


def test_the_table_has_two_hundred_different_pairs():
    every = [*pairs(ONE_PERSON), *pairs(TWO_PEOPLE), *pairs(LOOK_ALIKES)]

    assert len(every) == len(set(every)) == 200
    assert all(one != other for one, other in every)


@pytest.mark.parametrize(("one", "other"), pairs(ONE_PERSON))
def test_however_it_is_spelt_it_is_one_person(keys, one, other):
    assert indexes(1, one) == indexes(1, other)


@pytest.mark.parametrize(("one", "other"), pairs(TWO_PEOPLE))
def test_two_people_are_neither_merged_nor_flagged(keys, one, other):
    index, look_alike = indexes(1, one)
    other_index, other_look_alike = indexes(1, other)

    assert index != other_index
    assert look_alike != other_look_alike


@pytest.mark.parametrize(("one", "other"), pairs(LOOK_ALIKES))
def test_look_alikes_are_flagged_and_never_merged(keys, one, other):
    index, look_alike = indexes(1, one)
    other_index, other_look_alike = indexes(1, other)

    assert index != other_index
    assert look_alike == other_look_alike


def test_no_index_tells_what_another_one_is_about(keys):
    address = "ann@mail.example"
    found = {
        signature_index(1, address),
        signature_index(2, address),
        look_alike_index(1, address),
        look_alike_index(2, address),
        news_index(address),
        mail_key(address),
    }

    assert len(found) == 6


def test_the_mail_goes_to_the_address_as_it_was_typed():
    assert clean_address(" Ann.Lee+asks@Mail.Example ") == "Ann.Lee+asks@mail.example"
    assert clean_address("ann@bücher.example") == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "ann@",
        "@mail.example",
        "ann@mail",
        "ann@@mail.example",
        "ann lee@mail.example",
        "ann.@mail.example",
        ".ann@mail.example",
        "a..n@mail.example",
        '"ann lee"@mail.example',
        "ann@[127.0.0.1]",
        "ann@mail..example",
        "ann@-mail.example",
        "зоя@mail.example",
        "аnn@mail.example",
        "ann@mail.example\nBcc: bob@mail.example",
        "ann@mail.example,bob@mail.example",
        "ann\u2028@mail.example",
        "ann\u0000@mail.example",
        "ann\u202e@mail.example",
        "Ann <ann@mail.example>",
        "ann@" + "a" * 64 + ".example",
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(AddressNotValid):
        clean_address(typed)


letters = st.sampled_from("aAbBlI1o0O.-_+'mrnéß")


@given(st.text(letters, min_size=1), st.text(letters, min_size=1))
@example("+ann", "gmail.com")
@example("+", "mail.example")
def test_the_canonical_spelling_is_its_own(local, domain):
    once = canonical_address(f"{local}@{domain}")

    assert canonical_address(once) == once


@given(st.text(letters, min_size=1))
def test_one_person_is_always_alike_to_themselves(local):
    address = f"{local}@mail.example"

    assert drawn_alike(canonical_address(address)) == drawn_alike(address)
