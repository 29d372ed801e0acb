"""What was broken over lines is looked at as if it were whole."""

import pytest

from scrubbers import scrub, scrub_text

WHO = {"user": "quarlesz"}


def broken(text: str, width: int = 80) -> str:
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize("width", [80, 100, 120, 132])
def test_a_value_at_the_last_column_of_a_terminal_goes(width: int):
    text = broken("." * (width - 12) + " password=correct-horse and more words", width)
    scrubbed = scrub_text(text)
    assert "horse" not in scrubbed
    assert scrubbed.count("\n") == 1
    assert scrub_text(scrubbed) == scrubbed


def test_the_finding_tells_the_first_line():
    text = "a\n" + broken("." * 76 + " quarlesz said no")
    found = scrub(text, identity=WHO).findings
    assert ("user", "line 2") in {(each.rule, each.place) for each in found}


def test_over_many_lines():
    text = broken("." * 70 + " -----BEGIN" + " x" * 40 + " /home/zoe/" + "diary/" * 30)
    assert "diary" not in scrub_text(text).replace("\n", "")


def test_a_line_that_a_backslash_continues():
    assert "arlesz" not in scrub_text(
        "run --as qu\\\narlesz --columns 80", identity=WHO
    )


def test_a_letter_broken_as_mail_breaks_it():
    line = "Subject: " + "=41" * 21 + " q=\nuarlesz said no"
    assert "uarlesz" not in scrub_text(line, identity=WHO)


def test_a_text_with_a_longer_line_was_not_broken_there():
    line = "cannot read " + "." * 52 + " /home/zoe/diary"
    text = f"{line}\nSuccessfully installed numpy-1.26.4\n" + "-" * 90
    assert len(line) == 80
    assert "\nSuccessfully installed" in scrub_text(text)


def test_the_next_variable_is_no_part_of_the_value():
    line = "X=/home/zoe/" + "a" * 68
    assert scrub_text(f"{line}\nCOLORTERM=truecolor").endswith("\nCOLORTERM=truecolor")


def test_entries_between_zeros_are_lines():
    text = "TERM=xterm\0TOKEN=hunter2 and more\0SHLVL=1\0"
    assert scrub_text(text) == "TERM=xterm\nTOKEN=<secret>\nSHLVL=1\n"


def test_zeros_inside_of_letters_are_none_between_entries():
    text = "a " + "/home/zoe/x".encode("utf-16-le").decode("latin-1")
    assert scrub_text(text) == "a <home>/<path>"


def test_what_was_taken_back_is_gone():
    assert scrub_text("/run/medx\bia/zoe and bo\bold") == "<path> and bold"


def test_a_sign_at_the_last_column_is_part_of_the_text():
    text = "." * 70 + " password=\nhunter2"
    assert text.index("\n") == 80
    assert "hunter2" not in scrub_text(text)
