"""The digest of our own code."""

import shutil
import subprocess
import sys
from pathlib import Path

import ganbench
from ganbench.system import own_source


def elsewhere(root):
    """What a copy of our packages calls itself."""
    code = "from ganbench.system import own_source; print(own_source.digest())"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_copy_elsewhere_has_the_same_digest_until_a_byte_of_it_changes(tmp_path):
    root = Path(ganbench.__file__).parents[1]
    for package in own_source.PACKAGES:
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / package, tmp_path / package, ignore=skipped)
    assert elsewhere(tmp_path) == own_source.digest()
    changed = tmp_path / "ganzoo" / "pytorch" / "dcgan.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert elsewhere(tmp_path) != own_source.digest()
