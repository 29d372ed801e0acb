"""Whether this is a build server, and which: by the variables they set.

Most set ``CI``; those that do not are told by one of their own. Imports nothing: the
start of every terminal asks here, where anything is configured.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from collections.abc import Mapping

_SWITCHES = (
    *("CI", "CONTINUOUS_INTEGRATION"),
    *("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "TF_BUILD"),
)
"""On unless empty, ``0`` or ``false``. The last is Azure's."""
_ADDRESSES = (
    *("JENKINS_URL", "TEAMCITY_VERSION", "CODEBUILD_BUILD_ID"),
    *("BITBUCKET_BUILD_NUMBER", "GO_PIPELINE_NAME"),
)
"""Of servers that set no switch: there is a value."""
_OFF = frozenset({"", "0", "false"})


def is_build_server(environment: Mapping[str, str]) -> bool:
    """Whether nobody is there to be asked."""
    switched = any(is_on(environment, name) for name in _SWITCHES)
    return switched or any(environment.get(name) for name in _ADDRESSES)


def is_on(environment: Mapping[str, str], name: str) -> bool:
    """Whether a switch is set to anything that does not mean no."""
    return environment.get(name, "").lower() not in _OFF
