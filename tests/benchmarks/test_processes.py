"""What /proc says of processes whose doings are known."""

import subprocess
import sys

import pytest

from synth_audit_env.benchmarks.processes import (
    family,
    holds_connection,
    is_told,
    open_files,
    processor_s,
    resident_bytes,
)
from synth_audit_env.tests.patience import wait_until

pytestmark = pytest.mark.skipif(not is_told(), reason="needs Linux's /proc")
CHILD = """
import subprocess, sys, threading, time
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
held, files, burnt, stop = [], [], threading.Event(), threading.Event()
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


@pytest.fixture
def child():
    """A process that does what it is told, and has a child of its own."""
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.grandchild = int(process.stdout.readline())

    def do(line):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    process.do = do
    yield process
    process.communicate()


def test_the_family_is_a_process_and_its_descendants(child):
    assert family(child.pid) == [child.pid, child.grandchild]
    assert family(child.grandchild) == [child.grandchild]


def test_processor_time_is_that_of_work_and_not_of_waiting(child):
    before = processor_s([child.pid])
    child.do("burn(0.2)")
    assert 0.2 <= processor_s([child.pid]) - before < 0.4
    before = processor_s([child.pid])
    child.do("time.sleep(0.3)")
    assert processor_s([child.pid]) - before < 0.1


def test_the_time_of_threads_counts(child):
    before = processor_s([child.pid])
    child.do("threading.Thread(target=lambda: (burn(0.2), burnt.set(), stop.wait())).start(); burnt.wait()")
    assert processor_s([child.pid]) - before >= 0.2
    child.do("stop.set()")


def test_memory_and_files_of_a_process(child):
    memory, files = resident_bytes([child.pid]), open_files([child.pid])
    child.do("held.append(bytearray(b'x') * 50_000_000)")
    assert resident_bytes([child.pid]) - memory == pytest.approx(50_000_000, rel=0.1)
    child.do("files += [open('/dev/null') for _ in range(7)]")
    assert open_files([child.pid]) - files == 7


def test_processes_that_are_gone_take_nothing(child):
    child.communicate()
    child.wait()
    assert (processor_s([child.pid]), resident_bytes([child.pid]), open_files([child.pid])) == (0, 0, 0)


def test_a_connection_as_the_kernel_has_it(serve):
    server = serve()
    connection = server.bare_socket("/ws")
    port = connection.getsockname()[1]
    assert holds_connection(server.port, port)
    assert not holds_connection(server.port, server.port)
    connection.close()
    wait_until(lambda: not holds_connection(server.port, port), "the kernel still has it")
