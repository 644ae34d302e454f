"""The command line's manners: what other tools call an option, and what must be named once."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from ganbench.errors import InputError

Function = TypeVar("Function", bound=Callable[..., Any])

# Options of which a second would take the place of the first, and how two are said.
NAMED_ONCE = {
    "--models": "several models are one word: --models dcgan,cyclegan",
    "--seeds": "several seeds are one word: --seeds 0,1,2",
    "--metrics": "several metrics are one word: --metrics fid,kid",
    "--extractor": "several extractors are one word, the leading one first",
    "--frameworks": "both frameworks are one word: --frameworks pytorch,tensorflow",
    "--data": "two folders of pictures are --source PHOTOGRAPHS --target PAINTINGS",
}
# What an option is called elsewhere, and what it is here: the first of those that a command has.
_FOLDER = ("--results FOLDER", "--out PATH")
_BUDGET = ("--budget 500step, or 10000img, or 20m", "--steps 20")
_SETTING = ("--models dcgan:batch=32 sets one of a model; ganbench list settings shows all",)
INSTEAD = {
    **dict.fromkeys(("--out", "--output", "--output-dir", "--save-dir", "--results"), _FOLDER),
    **dict.fromkeys(("--epochs", "--steps", "--iterations", "--max-steps", "--time"), _BUDGET),
    **dict.fromkeys(("--batch", "--batch-size", "--lr", "--learning-rate"), _SETTING),
    **dict.fromkeys(("--image-size", "--img-size", "--resolution"), ("--size 64",)),
    **dict.fromkeys(("--dataset", "--dataroot", "--data-dir", "--input"), ("--data FOLDER",)),
    **dict.fromkeys(("--count", "--num-samples", "--samples"), ("--samples 100", "--count 100")),
    **dict.fromkeys(("--model", "--checkpoint", "--weights"), ("--models dcgan", "--with RUN")),
    **dict.fromkeys(("--gpu", "--cuda", "--cpu"), ("--device cuda, or cpu",)),
    **dict.fromkeys(
        ("--resume", "--continue"),
        ("--extend for finished runs; one that was stopped goes on with the same command",),
    ),
}
# What a command is called elsewhere, and what it is here.
COMMANDS = {
    **dict.fromkeys(("train", "fit", "bench"), "run --models dcgan,cyclegan"),
    **dict.fromkeys(("eval", "evaluate", "test", "fid"), "score GENERATED REAL"),
    **dict.fromkeys(("sample", "draw"), "generate --with RUN"),
    **dict.fromkeys(("paint", "apply"), "translate PHOTOGRAPHS --with RUN"),
    **dict.fromkeys(("models", "metrics", "extractors", "info"), "list models"),
    **dict.fromkeys(("inspect", "stats"), "data inspect FOLDER"),
    "settings": "list settings",
    "show": "open",
    "help": "--help",
}


class Command(TyperCommand):
    """A command that says what to type instead."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words. InputError for an option of other tools, and for one named twice."""
        try:
            _, _, named = self.make_parser(ctx).parse_args(list(args))
        except Exception as error:
            typed = getattr(error, "option_name", "")
            if instead := self._instead(ctx, typed):
                raise InputError(f"{ctx.command_path} has no {typed}", instead) from None
            raise
        for option in named:
            name = option.opts[0]
            if name in NAMED_ONCE and named.count(option) > 1:
                raise InputError(f"{name} is named twice", NAMED_ONCE[name])
        return super().parse_args(ctx, args)

    def _instead(self, ctx: Any, typed: str) -> str:
        """What an unknown option is here; empty where it is nothing of ours."""
        ours = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        there = (text for text in INSTEAD.get(typed, ()) if text.partition(" ")[0] in ours)
        return "" if typed in ours else next(there, "")


class Commands(TyperGroup):
    """Commands of which one says what to type instead."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command of the first word. InputError for one of other tools."""
        if args[0] not in self.commands and args[0] in COMMANDS and ctx.parent is None:
            raise InputError(f"there is no command {args[0]}", f"ganbench {COMMANDS[args[0]]}")
        return super().resolve_command(ctx, args)


class App(typer.Typer):
    """A typer of such commands."""

    def __init__(self, **options: Any):
        # Drawn boxes cost as much time as all the rest of `--help`.
        super().__init__(cls=Commands, no_args_is_help=True, rich_markup_mode=None, **options)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """Register a function as a command."""
        return super().command(name, cls=Command, **options)
