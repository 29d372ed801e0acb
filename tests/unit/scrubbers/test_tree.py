from scrubbers import scrub_tree
from scrubbers.text import DROPPED
from scrubbers.tree import MAX_DEPTH, MAX_NODES


def scrubbed(value, **identity):
    return scrub_tree(value, identity=identity)[0]


def test_strings_and_keys_are_scrubbed_and_numbers_stay():
    tree = {"/home/al/x.py": [1, 2.5, True, None, "al@localhost"]}
    assert scrubbed(tree) == {"<home>/x.py": [1, 2.5, True, None, "<email>"]}


def test_the_key_decides_about_its_value():
    tree = {"password": {"a": ["x", 5]}, "user": "al", "hostname": "box", "line": 7}
    assert scrubbed(tree) == {
        "password": {"a": ["<secret>", "<secret>"]},
        "user": "<user>",
        "hostname": "<host>",
        "line": 7,
    }


def test_a_flag_decides_about_the_next_argument():
    assert scrubbed(["--password", "x", "-v"]) == ["--password", "<secret>", "-v"]


def test_a_frame_keeps_its_function_and_line():
    frame = {"name": "paint", "filename": "/home/al/q/a.py", "line": 3, "locals": None}
    assert scrubbed(frame) == {
        "name": "paint",
        "filename": "<home>/<path>/a.py",
        "line": 3,
        "locals": None,
    }


def test_too_deep_is_dropped_not_passed():
    tree = inner = []
    for _ in range(MAX_DEPTH + 5):
        inner.append([])
        inner = inner[0]
    inner.append("al@localhost")
    result, findings = scrub_tree(tree)
    assert DROPPED in str(result)
    assert "localhost" not in str(result)
    assert [found.rule for found in findings] == ["limit"]


def test_too_many_values_are_dropped():
    result, findings = scrub_tree([0] * (MAX_NODES + 3))
    assert result[-1] == DROPPED
    assert len(findings) == 4


def test_a_card_number_is_no_number_to_keep():
    assert scrubbed({"n": 4111111111111111, "m": 1700000000123}) == {
        "n": DROPPED,
        "m": 1700000000123,
    }


def test_what_json_does_not_know_is_dropped():
    assert scrubbed({"o": object(), "b": b"/home/al/x.py"}) == {
        "o": DROPPED,
        "b": "<home>/x.py",
    }


def test_two_keys_that_become_one_both_stay():
    assert scrubbed({"a@b.example": 1, "c@d.example": 2}) == {
        "<email>": 1,
        "<email>_": 2,
    }


def test_findings_name_the_field_by_its_scrubbed_path():
    _, findings = scrub_tree({"values": [{"/home/al/x.py": "al@localhost"}]})
    assert [tuple(found) for found in findings] == [
        ("path", "values[0].<key>", 8),
        ("email", "values[0].<home>/x.py", 12),
    ]


def test_scrubbing_a_tree_twice_changes_nothing():
    tree = {"user": "al", "token": "abc", "x": ["/home/al/b.txt", {"pw": 5}]}
    once = scrubbed(tree)
    assert scrub_tree(once) == (once, ())
