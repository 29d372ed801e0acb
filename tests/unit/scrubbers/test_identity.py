from scrubbers import Identity, Tripwire, as_identity, scrub_text


def test_repr_shows_no_value():
    person = Identity(user="zoë", extra=(("ip", "10.1.2.3"),))
    assert "zoë" not in repr(person)
    assert "10.1" not in repr(person)


def test_none_is_nobody():
    assert as_identity(None) == Identity()


def test_mappings_and_objects_are_read_by_name():
    class Person:
        home = "/home/x"
        user = None

    assert as_identity(Person()) == Identity(home="/home/x")
    assert as_identity({"user": "x", "other": 1}) == Identity(user="x")
    assert as_identity({"extra": {"ip": "10.1.2.3"}}).of_kind("ip") == ("10.1.2.3",)


def test_several_values_under_one_name_are_all_kept():
    person = as_identity({"email": ["a@b.example", "c@d.example"]})
    assert person.email == "a@b.example"
    assert person.extra == (("argument", "c@d.example"),)


def test_a_second_login_and_home_are_known_too():
    """``sudo`` and a linked home give a person two of each."""
    person = Identity(
        user="root", extra=(("user", "quarlesz"), ("home", "/srv/people/zabriskie"))
    )
    text = "greeted by quarlesz in /x and srv/people/zabriskie"
    assert "quarlesz" not in scrub_text(text, identity=person)
    assert "zabriskie" not in scrub_text(text, identity=person)
    hits = {hit.rule for hit in Tripwire(person).search(text.encode())}
    assert hits == {"user", "home"}
