"""Runs that were continued with a larger budget: what keeps them from being one training."""

from ganbench import budget
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row


def sentences(comparison: Comparison) -> list[str]:
    """Who was extended, from which budget, and what became of what falls with it."""
    return [sentence for row in comparison.rows for sentence in _of(row)]


def _of(row: Row) -> list[str]:
    """A sentence for all seeds that were extended alike."""
    seeds: dict[tuple[str, ...], list[str]] = {}
    clauses = {}
    for record in row.records:
        if record.extended:
            budgets = (*(each.budget for each in record.extended), record.budget)
            seeds.setdefault(budgets, []).append(str(record.seed))
            clauses[budgets] = budget.on_extension(record.settings, record.budget)
    return [
        f"{row.name} was extended from {formatting.listed(list(budgets[:-1]))} to {budgets[-1]}"
        f" in all, counted from the first step ({'seed' if len(mine) == 1 else 'seeds'}"
        f" {formatting.some(mine)}), not trained in one go; {clauses[budgets]}."
        for budgets, mine in seeds.items()
    ]
