"""Which variables say that nobody is there."""

import pytest

from crashwatch.build_server import is_build_server, is_on


@pytest.mark.parametrize(
    "environment",
    [
        {"CI": "true"},
        {"CI": "1"},
        {"CI": "woodpecker"},
        {"GITHUB_ACTIONS": "true"},
        {"GITLAB_CI": "true"},
        {"TF_BUILD": "True"},
        {"BUILDKITE": "true"},
        {"CONTINUOUS_INTEGRATION": "true"},
        {"JENKINS_URL": "https://jenkins.example/"},
        {"TEAMCITY_VERSION": "2025.1"},
        {"CODEBUILD_BUILD_ID": "pachy:1"},
    ],
)
def test_a_build_server(environment):
    assert is_build_server(environment)


@pytest.mark.parametrize(
    "environment",
    [{}, {"CI": ""}, {"CI": "false"}, {"CI": "0"}, {"TF_BUILD": "False"}, {"ci": "1"}],
)
def test_none(environment):
    assert not is_build_server(environment)


def test_one_by_name():
    assert is_on({"GITHUB_ACTIONS": "true"}, "GITHUB_ACTIONS")
    assert not is_on({"CI": "true"}, "GITHUB_ACTIONS")
