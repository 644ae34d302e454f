from pathlib import Path

from ganbench.system import environment


def test_advice_names_the_pip_of_our_environment_where_the_shell_has_another(tmp_path, monkeypatch):
    advice = 'pip install "ganbench[onnx]"'
    inner, other = tmp_path / "my env" / "bin", tmp_path / "usr"
    for folder in (inner, other):
        folder.mkdir(parents=True)
        (folder / "pip").write_text("")
        (folder / "pip").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(inner / "python"))
    monkeypatch.setenv("PATH", str(other))
    named = "'my env/bin/pip' install \"ganbench[onnx]\""
    assert environment.with_our_pip(advice) == named
    assert environment.with_our_pip("uv pip install torch") == "uv pip install torch"
    monkeypatch.chdir(other)
    assert environment.with_our_pip(advice).startswith(f"'{inner}/pip' install")
    monkeypatch.setenv("PATH", f"{inner}:{other}")  # it was entered
    assert environment.with_our_pip(advice) == advice
    (inner / "pip").unlink()  # uv makes environments without one
    assert environment.with_our_pip(advice) == advice


def test_a_checkout_knows_its_commit() -> None:
    there = (Path(__file__).parents[3] / ".git").exists()
    assert (environment.commit() is not None) == there
