from pathlib import Path

import pytest

from ganbench.planning.plan import Planned
from ganbench.record import Status


@pytest.mark.parametrize(
    ("status", "stop_collapsed", "finished"),
    [
        (None, False, False),
        (Status("done", 10, 1.0), False, True),
        (Status("diverged", 4, 0.4), False, True),
        (Status("interrupted", 4, 0.4), False, False),
        (Status("collapsed", 2, 1.0), False, True),
        (Status("collapsed", 2, 1.0), True, True),
        (Status("collapsed", 2, 0.4), True, True),
        (Status("collapsed", 2, 0.4), False, False),  # stopped, and now wanted to go on
    ],
)
def test_what_has_ended_as_it_should_is_finished(status, stop_collapsed, finished):
    assert Planned(None, Path(), {}, None, status, stop_collapsed).finished is finished
