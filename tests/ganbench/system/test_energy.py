"""Counters of made-up hardware: folders as Linux's powercap has them, and an NVML that answers."""

import sys

import pytest

from ganbench.system import energy, frameworks
from ganbench.training.clock import Clock


@pytest.fixture
def powercap(tmp_path):
    """Two packages, one of them with memory of its own, and the whole platform."""

    def zone(folder, name, joules):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "name").write_text(f"{name}\n")
        (tmp_path / folder / "energy_uj").write_text(f"{joules * 1_000_000}\n")
        (tmp_path / folder / "max_energy_range_uj").write_text("1000000000\n")

    zone("intel-rapl:0", "package-0", 990)
    zone("intel-rapl:1", "package-1", 5)
    zone("intel-rapl:2", "psys", 7000)
    (tmp_path / "intel-rapl").mkdir()
    return tmp_path


def set_joules(powercap, package, joules):
    (powercap / f"intel-rapl:{package}" / "energy_uj").write_text(str(joules * 1_000_000))


def test_packages_are_summed_and_may_start_over(powercap):
    meter = energy.Meter(energy.packages(powercap))
    meter.start()
    set_joules(powercap, 0, 15)  # past 1,000: 25 more
    set_joules(powercap, 1, 8)
    set_joules(powercap, 2, 9000)
    meter.stop()
    assert meter.joules == pytest.approx(28)


def test_what_passes_while_it_stands_still_does_not_count(powercap):
    clock = Clock(meter=energy.Meter(energy.packages(powercap)))
    for joules, counted in ((10, True), (20, False), (40, True)):
        if counted:
            clock.start()
        set_joules(powercap, 1, joules)
        clock.stop()
    assert clock.meter.joules == pytest.approx(5 + 20)


def test_a_machine_that_lets_nobody_read_tells_nothing(powercap):
    (powercap / "intel-rapl:1" / "energy_uj").unlink()
    assert energy.packages(powercap) == [] == energy.packages(powercap / "none")
    meter = energy.Meter([])
    meter.start()
    meter.stop()
    assert meter.joules is None


def test_a_counter_that_falls_silent_leaves_no_half_number(powercap):
    meter = energy.Meter(energy.packages(powercap))
    meter.start()
    (powercap / "intel-rapl:0" / "energy_uj").write_text("")
    meter.stop()
    set_joules(powercap, 0, 20)
    meter.start()
    meter.stop()
    assert meter.joules is None


def test_a_run_goes_on_from_what_it_used_before_if_that_is_known(powercap):
    meter = energy.Meter(energy.packages(powercap))
    assert meter.after(7.5).joules == 7.5
    assert meter.after(None).joules is None
    assert energy.Meter([]).after(7.5).joules is None


class Nvml:
    """Answers as pynvml does; `joules` None: a board without a counter."""

    class NVMLError(Exception):
        pass

    def __init__(self, joules, boards=1):
        self.left, self.boards, self.asked = list(joules), boards, []

    def nvmlInit(self):
        if not self.boards:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self):
        return self.boards

    def nvmlDeviceGetHandleByIndex(self, index):
        return f"number {index}"

    def nvmlDeviceGetHandleByUUID(self, uuid):
        return uuid

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        self.asked.append(handle)
        if not self.left:
            raise self.NVMLError("Not Supported")
        return self.left.pop(0)


@pytest.fixture
def nvml(monkeypatch):
    def put(*joules, boards=1, uuid="GPU-1234"):
        there = Nvml(joules, boards)
        monkeypatch.setitem(sys.modules, "pynvml", there)
        monkeypatch.setattr(frameworks, "gpu_uuid", lambda framework, device: uuid)
        return there

    return put


def test_a_gpu_is_found_by_what_framework_and_driver_both_know(nvml):
    there = nvml(1000, 2000, 5500, boards=4)
    meter = energy.Meter(energy.counters("pytorch", "cuda:1"))
    meter.start()
    meter.stop()
    assert meter.joules == pytest.approx(3.5)
    assert set(there.asked) == {"GPU-1234"}


@pytest.mark.parametrize(
    ("joules", "boards", "uuid"),
    [((), 1, "GPU-1234"), ((1000,), 0, "GPU-1234"), ((1000,), 2, None)],
    ids=["no counter", "no driver", "which of two"],
)
def test_a_gpu_that_cannot_be_measured_tells_nothing(nvml, joules, boards, uuid):
    nvml(*joules, boards=boards, uuid=uuid)
    assert energy.counters("tensorflow", "cuda") == []


def test_of_a_single_gpu_no_name_is_needed(nvml):
    there = nvml(1000, uuid=None)
    assert len(energy.counters("tensorflow", "cuda")) == 1
    assert there.asked == ["number 0"]


def test_nvml_may_be_missing_and_other_devices_have_no_counter(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert energy.counters("pytorch", "cuda") == [] == energy.counters("pytorch", "mps")


def test_the_real_package_has_the_names_that_are_asked_for():
    import pynvml

    wanted = [name for name in vars(Nvml) if name.startswith("nvml")]
    assert wanted and not [name for name in wanted if not callable(getattr(pynvml, name, None))]
    assert issubclass(pynvml.NVMLError, Exception)
