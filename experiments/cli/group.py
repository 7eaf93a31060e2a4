"""The command line: the group, the options that all commands share, and exit codes.

0 done; 1 failed; 2 usage; 3 equivalent, 4 different (reproduce); 5 bad data; 6 store unusable; 130, 143 interrupted.
"""

from __future__ import annotations

import atexit
import errno
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn, TypeGuard, TypeVar

import click

from experiments.cli.process_state import discard_output
from experiments.cli.resource_limits import is_exhausted, require_resources
from experiments.cli.terminal_text import one_line, printable
from experiments.workflows.interrupts import handle_signals, has_interruption
from linrnn.errors import LinrnnError
from tracking.store.urls import hide_passwords

PREFIX = "LINRNN"  # of the environment variables for options: LINRNN_STORE, LINRNN_SWEEP_TRIALS
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
        if name == "store" and value == "":
            raise click.UsageError("--store names no folder", context)
        if value:
            setattr(options, name, value)
    if options.quiet and options.verbose:
        raise click.UsageError("-q asks for no progress and -v for more: give one of them", context)
    return options


class Command(click.Command):
    """A command whose function takes the GlobalOptions first, then the values of its own options."""

    def invoke(self, context: click.Context) -> Any:
        options = collect_global_options(context, context.params)
        require_resources(context.info_name)
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
        if sys.stdout is None:
            return print_error("standard output is closed: redirect it, to /dev/null if it is not needed", 1)
        if sys.flags.optimize > 1:
            return print_error(
                "Python has no docstrings, which linrnn shows: unset PYTHONOPTIMIZE, start it without -OO", 2
            )
        code = command.main(arguments, prog_name=program, standalone_mode=False, auto_envvar_prefix=PREFIX)
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
        discard_output()  # its reader ended
        return 1
    except Exception as error:
        return report_failure(error, is_debug="--debug" in arguments or f"{PREFIX}_DEBUG" in os.environ)


def report_failure(error: Exception, is_debug: bool) -> int:
    """Print what ended a command, in one line, and with `--debug` where; return the exit code.

    An error that is no message for the user is a bug: its traceback goes to a file, whose path is printed.
    """
    if has_interruption():  # libraries that are being imported turn the interruption into errors of their own
        return print_error("interrupted", 130)
    if is_debug:
        click.echo(printable(traceback_text(error)), err=True)
    if isinstance(error, LinrnnError):
        return print_error(str(error), error.exit_code, error)
    if is_lost_output(error):
        discard_output()
        return print_error(f"cannot write the output: {error.strerror}; what is recorded stays", 1, error)
    if isinstance(error, FileNotFoundError) and not has_folder():
        return print_error("the working folder was deleted: change to another one", 6)
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return print_error("a name is not text in UTF-8: set the locale to one of UTF-8, or rename it", 2)
    if is_exhausted(error):
        advice = "raise the limit (ulimit -u), or try fewer --workers"
        return print_error(f"no more threads or processes can be started: {advice}", 1, error)
    if isinstance(error, MemoryError):
        return print_error("not enough memory: try fewer workers, replicas or rows", 1, error)
    log = "" if is_debug else f"; a bug, see {write_log(error)}"
    return print_error(f"{type(error).__name__}: {error}{log} (--debug shows where)", 1, error)


def has_folder() -> bool:
    """Whether the working folder is there."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def is_lost_output(error: Exception) -> TypeGuard[OSError]:
    """Whether an error is that of writing to stdout: its disk is full, or it is closed."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EBADF, errno.EIO):
        return False
    steps = [step.name for step in traceback.extract_tb(error.__traceback__)]
    return error.filename is None and ("echo" in steps or steps[-1] == "execute" or "print" in steps)


def traceback_text(error: Exception) -> str:
    """Return the traceback of an error, without passwords."""
    return hide_passwords("".join(traceback.format_exception(error)))


def write_log(error: Exception) -> str:
    """Write the traceback of an error to a new file; return its path, or what the user can do where there is none."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="linrnn-", suffix=".log", delete=False) as file:
            file.write(traceback_text(error))
        return file.name
    except OSError:
        return "the traceback"


def print_error(message: str, code: int, error: BaseException | None = None) -> int:
    """Print an error and its notes in one line on stderr; return the exit code."""
    line = hide_passwords("; ".join([message, *getattr(error, "__notes__", [])]))
    click.echo(one_line(f"linrnn: {line}"), err=True)
    return code


def end_process(code: int) -> NoReturn:
    """End this process as Python does, but for the seconds in which it frees each object of the imported libraries."""
    threads: Any = threading
    threads._shutdown()  # waits for threads that are not daemons
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or without a reader
            stream.flush()
    os._exit(code)
