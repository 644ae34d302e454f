"""docs/build_site.py: a site that stands alone, and a check that finds what is wrong with one."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build_site.py")
build_site = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build_site)


def write(root: Path, **texts: str) -> None:
    """Files by their paths, with `__` for a slash and `_` for a dot."""
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# Staging


def test_a_link_out_of_docs_leads_to_a_copy(tmp_path):
    page = (
        "[one](../NOTES.md#a) ![two](../../results/r.webp) [three](../index.md) [four](https://x.y)"
    )
    write(
        tmp_path,
        docs__how__a_md=page.replace("../NOTES", "../../NOTES"),
        docs__index_md="# I",
        NOTES_md="# A\n\n[back](docs/how/a.md) [code](code.py)",
        code_py="print('``` is no end')",
        results__r_webp="picture",
    )
    found = build_site.stage(tmp_path, tmp_path / "build")
    assert [path.name for path in found] == ["NOTES.md", "code.py", "r.webp"]
    staged = (tmp_path / "build" / "how" / "a.md").read_text()
    assert staged == (
        "[one](../repository/NOTES.md#a) ![two](../repository/results/r.webp) [three](../index.md)"
        " [four](https://x.y)"
    )
    notes = (tmp_path / "build" / "repository" / "NOTES.md").read_text()
    assert notes == "# A\n\n[back](../how/a.md) [code](code.py.md)"
    assert (tmp_path / "build" / "repository" / "results" / "r.webp").read_text() == "picture"
    code = (tmp_path / "build" / "repository" / "code.py.md").read_text()
    assert "# code.py\n\n~~~~~~python\nprint('``` is no end')\n~~~~~~\n" in code


def test_what_looks_like_a_link_in_code_is_left_alone(tmp_path):
    page = "# A\n\n```python\nx[0](nowhere.md)\n```\n"
    write(tmp_path, docs__a_md=page)
    build_site.stage(tmp_path, tmp_path / "build")
    assert (tmp_path / "build" / "a.md").read_text() == page


def test_a_link_to_nothing_stops_the_build(tmp_path):
    write(tmp_path, docs__a_md="[b](../b.md)")
    with pytest.raises(SystemExit, match=r"docs/a\.md: \.\./b\.md is no file"):
        build_site.stage(tmp_path, tmp_path / "build")


def test_what_was_staged_before_is_gone(tmp_path):
    write(tmp_path, docs__a_md="# A", build__old_md="# old")
    build_site.stage(tmp_path, tmp_path / "build")
    assert not (tmp_path / "build" / "old.md").exists()


# What is wrong with a built site

GOOD = '<link rel="stylesheet" href="s.css"><h1 id="top"></h1><a href="#top"></a><a href="https://x.y">'


def test_a_site_that_stands_alone_has_no_fault(tmp_path):
    write(
        tmp_path,
        index_html=GOOD + '<a href="b/c.html#there"></a><img src="data:image/png;base64,AA">',
        b__c_html='<i id="there"></i><a href="../index.html"></a><a href="/index.html">',
        s_css="p { background: url(data:image/png;base64,AA) }",
    )
    assert build_site.faults(tmp_path) == []


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ('<a href="no.html">', "no.html leads nowhere"),
        ('<a href="#no">', "#no leads nowhere"),
        ('<a href="index.html#no">', "index.html#no leads nowhere"),
        ('<img src="no.png">', "no.png leads nowhere"),
        ('<script src="https://x.y/z.js"></script>', "loads https://x.y/z.js"),
        ('<link href="https://fonts.x.y" rel="preconnect">', "loads https://fonts.x.y"),
        ('<img src="//x.y/z.png">', "loads //x.y/z.png"),
        ('<pre class="mermaid">', "fetches Mermaid"),
        ("<style>@import 'https://x.y'</style>", "a style loads from elsewhere"),
        ('<p style="background: url(https://x.y)">', "a style loads from elsewhere"),
    ],
)
def test_what_is_missing_or_comes_from_elsewhere_is_a_fault(tmp_path, html, told):
    write(tmp_path, index_html=GOOD + html, s_css="")
    (fault,) = build_site.faults(tmp_path)
    assert fault.startswith("index.html: ") and told in fault


def test_a_style_sheet_that_loads_a_font_is_a_fault(tmp_path):
    write(tmp_path, index_html=GOOD, s_css="@font-face { src: url('https://x.y/f.woff2') }")
    assert build_site.faults(tmp_path) == ["s.css: it loads from elsewhere"]
