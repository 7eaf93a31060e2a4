"""The command line: one group, its exit codes, and the options that all commands share.

0 done; 1 failed; 2 usage; 3 equivalent, 4 different (reproduce); 5 bad data; 6 store unusable; 130, 143 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from experiments.workflows.interrupts import handle_signals
from linrnn.errors import LinrnnError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class GlobalOptions:
    """What the shared options say."""

    store: str | None = None
    as_json: bool = False
    quiet: bool = False
    debug: bool = False


def global_options(command: F) -> F:
    """Give a command (or the group) the options that all have; they end in the context's Settings."""
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
        click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
        click.option("--store", metavar="DIR", help="Folder of mlflow.db, mlruns and optuna.db.  [default: .]"),
    ):
        command = option(command)
    return command


def collect_global_options(context: click.Context, values: dict[str, Any]) -> GlobalOptions:
    """Move the shared options out of a command's values into the Settings it shares with the group."""
    settings = context.ensure_object(GlobalOptions)
    for name in vars(settings):
        given = values.pop(name, None)
        if given:
            setattr(settings, name, given)
    return settings


class Command(click.Command):
    """A command whose function takes the Settings first and the options of its own after."""

    def invoke(self, context: click.Context) -> Any:
        settings = collect_global_options(context, context.params)
        return context.invoke(self.callback, settings, **context.params) if self.callback else None


def command(name: str, examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command with the shared options; `examples` close its help."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())

    def make(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=Command, epilog=epilog)(global_options(function))

    return make


def run(group: click.Group, arguments: Sequence[str] | None = None) -> int:
    """Answer a command line; the exit code. Errors of the user's are one line on stderr."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    with handle_signals():
        return execute(group, arguments)


def execute(group: click.Group, arguments: Sequence[str]) -> int:
    """The same, with signals raised as exceptions."""
    try:
        code = group.main(arguments, prog_name="linrnn", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except SystemExit as leaving:
        return print_error("terminated", 143, leaving) if leaving.code == 143 else int(leaving.code or 0)
    except (KeyboardInterrupt, click.Abort) as leaving:
        return print_error("interrupted", 130, leaving.__cause__ or leaving.__context__ or leaving)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return print_error(error.format_message() + hint, 2)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has gone: nothing to say, and nobody to say it to
        return 1
    except Exception as error:
        if "--debug" in arguments:
            raise
        if isinstance(error, LinrnnError):
            return print_error(str(error), error.exit_code, error)
        return print_error(f"{type(error).__name__}: {error} (--debug shows where)", 1)


def print_error(message: str, code: int, error: BaseException | None = None) -> int:
    """Say on stderr, in one line, what was wrong, with what the error was noted to mean; the exit code."""
    words = "; ".join([message, *getattr(error, "__notes__", [])])
    click.echo(f"linrnn: {' '.join(words.split())}", err=True)
    return code
