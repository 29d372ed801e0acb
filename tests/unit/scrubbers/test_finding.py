from scrubbers import Finding, summarize


def test_a_summary_counts_by_rule():
    findings = [
        Finding("user", "a", 3),
        Finding("path", "b", 9),
        Finding("path", "c", 8),
    ]
    assert summarize(findings) == "2 path, 1 user"
    assert summarize([]) == ""
