"""The largest pictures that are still taken: how much memory and time each kind needs."""

import json
from pathlib import Path

import pytest

MOST_MB = 1_200
MOST_LIGHT_MB = 1_600  # of a scan of 120 million pixels with 8 bits a colour, one at a time
LIGHT_SIDE = 10_950
MOST_SECONDS = 30  # of processor time, on a slow machine; it is 6 at most on a usual one
MEASURE = """
import json, resource, sys, time
from pathlib import Path
from ganbench.data.sources.decode import decode, decode_whole
data = Path(sys.argv[1]).read_bytes()
(decode_whole if sys.argv[2] == "whole" else lambda data: decode(data, 64))(data)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_maxrss / 1024, used.ru_utime + used.ru_stime]))
"""
MAKE = """
import sys
from PIL import Image
kind, mode, side, path, turned = sys.argv[1:]
options = {"WEBP": {"lossless": True}, "AVIF": {"speed": 10}}.get(kind.split()[0], {})
options |= {"progressive": True} if "progressive" in kind else {}
if turned == "turned":
    exif = Image.Exif()
    exif[0x0112] = 6
    options["exif"] = exif
Image.new(mode, (int(side), int(side))).save(path, kind.split()[0], **options)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["square", "whole"])
@pytest.mark.parametrize(
    ("kind", "mode", "side", "turned"),
    [
        ("PNG", "RGBA", LIGHT_SIDE, "turned"),
        ("PNG", "RGB", LIGHT_SIDE, "turned"),
        ("PNG", "LA", LIGHT_SIDE, "turned"),
        ("PNG", "P", LIGHT_SIDE, ""),
        ("PNG", "I;16", 7_700, ""),
        ("JPEG", "CMYK", 7_700, "turned"),
        ("JPEG progressive", "RGB", LIGHT_SIDE, "turned"),
        ("TIFF", "F", 7_700, ""),
        ("TIFF", "RGB", 9_400, "turned"),  # not packed: a file is 256 MiB at most
        ("TIFF", "CMYK", 7_700, "turned"),
        ("GIF", "P", LIGHT_SIDE, ""),
        ("WEBP", "RGBA", 6_300, "turned"),
        ("AVIF", "RGBA", 6_300, "turned"),
    ],
)
def test_the_largest_of_each_kind_stays_near_one_gigabyte_or_one_and_a_half(
    kind: str, mode: str, side: int, turned: str, how: str, tmp_path: Path, run
) -> None:
    path = tmp_path / "large"
    run("-c", MAKE, kind, mode, side, path, turned, cwd=tmp_path)
    out, _ = run("-c", MEASURE, path, how, cwd=tmp_path)
    peak, seconds = json.loads(out)
    print(f"{kind} {mode} {side} {how}: {peak:.0f} MB, {seconds:.1f} s")
    assert peak < (MOST_LIGHT_MB if side > 7_700 else MOST_MB)
    assert seconds < MOST_SECONDS
