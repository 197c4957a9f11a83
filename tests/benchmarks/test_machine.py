"""What a report says of where it comes from, and what Linux says of processes."""

import subprocess
import sys
from argparse import Namespace

import pytest

from synth_audit_env.benchmarks.machine import made_by, processor_s
from synth_audit_env.tests.patience import wait_until


@pytest.mark.parametrize("out", [["--out", "somewhere/else"], ["--out=somewhere/else"], []])
def test_the_command_leaves_out_where_its_report_went(out):
    argv, chosen = ["--rounds", "2", *out, "--sessions", "1,4"], Namespace(rounds=2, out="somewhere/else")
    told = made_by("benchmarks/server.py", argv, chosen)
    assert told["made"]["command"] == "uv run python benchmarks/server.py --rounds 2 --sessions 1,4"
    assert told["settings"] == {"rounds": 2}


CHILD = """
import threading, time
def work():
    while time.thread_time() < 0.2:
        pass
thread = threading.Thread(target=work)
thread.start(); thread.join()
print(flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's clocks")
def test_what_a_process_takes():
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    # That of a thread which has ended counts, and that of waiting does not.
    assert 0.2 <= processor_s(process.pid) < 2.0
    wait_until(lambda: processor_s(process.pid) == processor_s(process.pid), "it goes on counting")
    process.communicate(b"end")
