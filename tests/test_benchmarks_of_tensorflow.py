"""The speed tests' logic where TensorFlow trains; apart from torch."""

import pytest
from turns import started


@pytest.mark.tensorflow
@pytest.mark.parametrize("side", ["ours", "usual"])
def test_the_side_of_tensorflow_trains_as_much_as_that_of_pytorch(side):
    thin = {"model": "dcgan", "size": 32, "settings": {"width": 16, "batch": 4}, "steps": 1}
    with (
        started(thin | {"side": side}) as found,
        started(thin | {"side": "ours", "framework": "pytorch"}) as ours,
    ):
        assert found.read() == ours.read()
        assert len(found.round()) == 2
