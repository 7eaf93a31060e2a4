"""The command line: the group, the options that all commands share, and exit codes.

0 done; 1 failed; 2 usage; 3 equivalent, 4 different (reproduce); 5 bad data; 6 store unusable; 130, 143 interrupted.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import click

from experiments.workflows.interrupts import handle_signals
from linrnn.errors import LinrnnError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class GlobalOptions:
    """Values of the options that all commands share."""

    store: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False


def global_options(command: F) -> F:
    """Add the shared options to a command or to the group; their values go to the context's GlobalOptions."""
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("-v", "--verbose", is_flag=True, help="More progress: a line on each trial or evaluation."),
        click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
        click.option("--json", is_flag=True, help="Print the result as one JSON object."),
        click.option("--store", metavar="DIR", help="Folder of the store.  [default: .]"),
    ):
        command = option(command)
    return command


def collect_global_options(context: click.Context, values: dict[str, Any]) -> GlobalOptions:
    """Move the shared options from a command's values to the GlobalOptions that it shares with the group."""
    options = context.ensure_object(GlobalOptions)
    for name in vars(options):
        value = values.pop(name, None)
        if value:
            setattr(options, name, value)
    if options.quiet and options.verbose:
        raise click.UsageError("-q asks for no progress and -v for more: give one of them", context)
    return options


class Command(click.Command):
    """A command whose function takes the GlobalOptions first, then the values of its own options."""

    def invoke(self, context: click.Context) -> Any:
        options = collect_global_options(context, context.params)
        return context.invoke(self.callback, options, **context.params) if self.callback else None


class Group(click.Group):
    """A group that lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def add_alias(self, name: str, command: click.Command) -> None:
        """Add another name of a command, which help does not list."""
        alias = type(command)(
            name,
            callback=command.callback,
            params=command.params,
            help=command.help,
            epilog=command.epilog,
            hidden=True,
        )
        self.add_command(alias)


def command(name: str, examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator that makes a function a command with the shared options; its help ends with `examples`."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())

    def decorate(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=Command, epilog=epilog)(global_options(function))

    return decorate


def run(command: click.Command, arguments: Sequence[str] | None = None, program: str = "linrnn") -> int:
    """Run a command line and return its exit code; an error of the user is one line on stderr."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    with handle_signals():
        return execute(command, arguments, program)


def execute(command: click.Command, arguments: Sequence[str], program: str) -> int:
    """Run a command line while signals are raised as exceptions."""
    try:
        code = command.main(arguments, prog_name=program, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except SystemExit as error:
        return print_error("terminated", 143, error) if error.code == 143 else int(error.code or 0)
    except (KeyboardInterrupt, click.Abort) as error:
        return print_error("interrupted", 130, error.__cause__ or error.__context__ or error)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return print_error(error.format_message() + hint, 2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the output ended: nothing can be printed
        return 1
    except Exception as error:
        if "--debug" in arguments:
            raise
        if isinstance(error, LinrnnError):
            return print_error(str(error), error.exit_code, error)
        return print_error(f"{type(error).__name__}: {error} (--debug shows where)", 1)


def print_error(message: str, code: int, error: BaseException | None = None) -> int:
    """Print an error and its notes in one line on stderr; return the exit code."""
    line = "; ".join([message, *getattr(error, "__notes__", [])])
    click.echo(f"linrnn: {' '.join(line.split())}", err=True)
    return code


def end_process(code: int) -> NoReturn:
    """End this process as Python does, but for the seconds in which it frees each object of the imported libraries."""
    threads: Any = threading
    threads._shutdown()  # waits for threads that are not daemons
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed, or without a reader
            stream.flush()
    os._exit(code)
