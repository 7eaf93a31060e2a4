"""The end of a command's process: nothing that Python does at its end is lost."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import atexit, sys, threading, time
from experiments.cli.group import end_process

class Heavy:
    def __del__(self):
        print("freed one by one")

def work():
    time.sleep(0.2)
    print("thread")

heavy = Heavy()
atexit.register(print, "handler")
threading.Thread(target=work).start()
sys.stdout.write("no line end, ")
print("to stderr", end="", file=sys.stderr)
end_process(3)
"""


def test_threads_handlers_and_output_are_complete_and_objects_are_not_freed() -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert process.returncode == 3
    assert process.stdout == "no line end, thread\nhandler\n"
    assert process.stderr == "to stderr"


def test_a_reader_that_has_gone_does_not_change_the_exit_code() -> None:
    program = "import os\nread, write = os.pipe()\nos.dup2(write, 1)\nos.close(write)\nos.close(read)\n" + PROGRAM
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, env=buffered, check=False)
    assert process.returncode == 3
