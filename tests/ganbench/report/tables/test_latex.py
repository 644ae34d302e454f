"""comparison.tex: what it says, and that nothing in it acts but what we wrote."""

import html
import re

import pytest

from ganbench import record
from ganbench.record import Status
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import latex, main_table

OURS = {
    *("begin", "end", "centering", "small", "setlength", "tabcolsep", "caption", "label"),
    *("toprule", "midrule", "bottomrule", "emph", "textbf", "textsuperscript", "par", "smallskip"),
    *("footnotesize", "raggedright", "cite", "char", "ldots", "pm", "cdot", "times", "to"),
    *("downarrow", "uparrow", "textbackslash", "textasciitilde", "textasciicircum", "textless"),
    *("textgreater", "textbar", "textendash"),
}
HOSTILE = (
    r"\input{/etc/passwd}", r"a & b \\ c", "100% #1 _x ^y ~z", "$x$ {", "}", "[2em] *", "%",
    r"\end{tabular}\write18{x}", "a--b---c", "``'' \"x\"", "größe 模型 é", "<|>",
)  # fmt: skip


def parsed(text):
    """Commands, and for each tabular its columns and cells; fails where LaTeX would stop."""
    text = re.sub(r"(?<!\\)%.*", "", text)  # comments
    tokens = re.findall(r"\\[a-zA-Z]+\*?|\\.|[{}$&%#_^~]|[^\\{}$&%#_^~]+", text, re.DOTALL)
    depth, math, open_, commands, columns, tables = 0, False, [], set(), [], []
    for place, token in enumerate(tokens):
        if token.startswith("\\") and token[1:].rstrip("*").isalpha():
            commands.add(token[1:].rstrip("*"))
        if token in ("\\begin", "\\end"):
            name = tokens[place + 2]
            open_.append(name) if token == "\\begin" else None
            assert token == "\\begin" or open_.pop() == name
            if name == "tabular" and token == "\\begin":
                tables.append((tokens[place + 5], columns := [1]))
        depth += {"{": 1, "}": -1}.get(token, 0)
        math ^= token == "$"
        assert depth >= 0
        assert token not in "#_^", f"{token} acts in {''.join(tokens[place - 9 : place + 9])}"
        if token == "&":
            columns[-1] += 1
        if token == "\\\\":
            assert not tokens[place + 1].lstrip().startswith(("[", "*"))
            columns.append(1)
    assert depth == 0 and not math and not open_
    return commands, [(spec, counts[:-1]) for spec, counts in tables]


def whole(text):
    """Every command is ours, and every line of a table has as many cells as it has columns."""
    commands, tables = parsed(text)
    assert commands <= OURS
    for spec, counts in tables:
        assert set(counts) == {len(spec)} and len(counts) > 1
    return tables


def test_the_tables_are_whole_and_have_every_model(results):
    comparison = compare(record.read_results(results))
    text = latex.to_latex(comparison)
    assert len(whole(text)) == 2
    assert "\\usepackage{booktabs}" in text.splitlines()[0]
    for row in comparison.rows:
        assert len(re.findall(rf"^    {row.name} & ", text, re.M)) == 2


def test_bold_is_what_the_page_has_bold(results):
    comparison = compare(record.read_results(results))
    text = latex.to_latex(comparison).partition("\\end{table*}")[0]
    page = [cell.text for line in main_table.table(comparison).lines for cell in line.cells
            if cell.best]  # fmt: skip
    bold = re.findall(r"\\textbf\{([^}]*)\}", text)
    assert [cell.replace("$\\pm$", "±").replace("$-$", "−") for cell in bold] == page != []


def test_intervals_notes_and_protocol_are_told(results):
    text = latex.to_latex(compare(record.read_results(results)))
    assert "\\textbf{117.8 $\\pm$ 8.6}" in text
    number = re.search(r"182\.0\}?\\textsuperscript\{(\d)\}", text)[1]
    assert f"\\textsuperscript{{{number}}}~result of the one seed of 3" in text
    assert "300 generated against 300 real pictures; Inception 2015-12-05, random weights" in text


def test_every_citation_has_its_entry_and_every_entry_its_citation(built):
    text = (built / "comparison.tex").read_text()
    named = {key for keys in re.findall(r"\\cite\{([^}]*)\}", text) for key in keys.split(",")}
    entries = re.findall(r"^@\w+\{(\w+),", (built / "comparison.bib").read_text(), re.M)
    assert named == set(entries) and len(entries) == len(named) > 4
    assert "random-Inception KD~\\cite{binkowski2018}" in text
    assert html.escape(text[:400], quote=False) in (built / "report.html").read_text()


@pytest.mark.parametrize("label", HOSTILE)
def test_a_name_is_only_text(fake, label):
    fake.run(label, 0, 120.0, pictures=False)
    fake.run("b", 0, 130.0, Status("collapsed", 1, 0.1, label), pictures=False)
    text = latex.to_latex(compare(record.read_results(fake.finish([label, "b"]))))
    assert len(whole(text)) == 2
    assert text.count(f"\n    {latex.escaped(label)} & ") == 2


def test_names_beyond_latin_ask_for_an_engine_that_has_them(fake):
    fake.run("größe", 0, 120.0, pictures=False)
    results = record.read_results(fake.finish(["größe"]))
    assert "lualatex" not in latex.to_latex(compare(results))
    fake.run("模型", 0, 120.0, pictures=False)
    results = record.read_results(fake.finish(["größe", "模型"]))
    assert "lualatex" in latex.to_latex(compare(results))


def test_strangers_results_make_whole_tables(poisoned):
    assert whole((poisoned / "comparison.tex").read_text())


def test_without_a_score_there_is_still_a_table(fake):
    fake.run("a", 0, 1.0, Status("failed", 0, 0.0, "bug"), pictures=False)
    assert whole(latex.to_latex(compare(record.read_results(fake.finish(["a"], None)))))
