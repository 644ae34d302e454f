import os

import pytest

from ganbench.trackers import isolation


def test_the_users_variables_are_away_for_a_while(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "secret")
    before = dict(os.environ)
    with pytest.raises(KeyError), isolation.only("WANDB_", WANDB_MODE="offline", OTHER="x"):
        assert {k: v for k, v in os.environ.items() if k.startswith("WANDB_")} == {
            "WANDB_MODE": "offline"
        }
        os.environ["WANDB_SERVICE"] = "what the package leaves behind"
        raise KeyError
    assert dict(os.environ) == before
