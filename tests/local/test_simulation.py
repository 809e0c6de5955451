"""The invented supporters, and how they read pages."""

from local.html_forms import invalid_fields, read_page
from local.people import invent_people
from local.simulation import one_spelling

PAGE = """
<form action="/search"><input name="q"></form>
<form method="post" action="#sign"><fieldset>
  <input type="hidden" name="kept" value="&lt;1&gt;">
  <input name="name" value="Ann" aria-invalid="true"><input type="email" name="email">
  <select name="country"><option value="">Choose</option>
    <option value="DE">Germany</option></select>
  <textarea name="comment">
Two
lines &amp; more</textarea>
  <input type="radio" name="visibility" value="officials" checked>
  <input type="radio" name="visibility" value="public">
  <input type="checkbox" name="also" value="one"><input type="checkbox" name="also" value="two">
  <input type="checkbox" name="news"><input type="submit" name="sign" value="Sign">
  <input name="website"><button name="more">More</button>
</fieldset></form><a href="../two/">Two</a>
"""
ADDRESS = "https://asks.example/en/petitions/one/"


def test_a_form_that_nobody_touches_sends_what_a_browser_sends():
    page = read_page(PAGE, address=ADDRESS)
    form = page.form_with("email")
    assert (form.method, form.action) == ("POST", ADDRESS)
    assert form.filled({}) == {
        "kept": ["<1>"],
        "name": ["Ann"],
        "email": [""],
        "country": [""],
        "comment": ["Two\nlines & more"],
        "visibility": ["officials"],
        "also": [],
        "news": [],
        "website": [""],
    }
    assert list(invalid_fields(page)) == ["name"]
    assert page.links == ["https://asks.example/en/petitions/two/"]


def test_only_what_is_offered_is_chosen():
    form = read_page(PAGE, address=ADDRESS).form_with("email")
    wishes = {"country": ["XX"], "visibility": ["public"], "also": ["two", "gone"], "age": ["1"]}
    filled = form.filled(wishes | {"news": form.fields["news"].offers})
    assert filled["country"] == [""]
    assert filled["visibility"] == ["public"]
    assert filled["also"] == ["two"]
    assert filled["news"] == ["on"]
    assert "age" not in filled


def test_nobody_invented_has_an_address_that_could_be_real():
    people = list(invent_people(400, seed=1))
    assert {person.email.rpartition(".")[2].casefold() for person in people} == {"example"}
    assert len({one_spelling(person.email) for person in people}) == 400
    assert len({person.country for person in people}) > 30
    assert {person.visibility for person in people} == {"public", "officials", "withheld"}


def test_the_same_seed_invents_the_same_people():
    assert list(invent_people(5, seed=3)) == list(invent_people(5, seed=3))
    assert list(invent_people(5, seed=3)) != list(invent_people(5, seed=4))


def test_an_address_is_known_in_the_spelling_of_its_mail():
    assert one_spelling("Ann.5X1+asks@Bücher.example") == "ann.5x1+asks@xn--bcher-kva.example"
