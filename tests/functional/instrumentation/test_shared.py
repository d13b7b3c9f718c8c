"""Counters that several processes have in common."""

import multiprocessing
import os
import signal

import prometheus_client as client
import pytest
from prometheus_client import values

from concertim_api.instrumentation import shared
from concertim_api.instrumentation.api import ApiMeter
from concertim_api.instrumentation.slots import Slots
from tests.unit.instrumentation.conftest import Shown

COUNTED = {"method": "GET", "route": "/v1/racks", "status": "2xx"}
REQUESTS = "concertim_api_requests_total"
TOOK = "concertim_api_request_duration_seconds"


@pytest.fixture(autouse=True)
def unshared(monkeypatch):
    """Let what is shared in this test be so in no other."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR")


def serve(folder, requests, pipe):
    """What a process of a web server does: answer, and wait for its end."""
    shared.share(folder)
    meter = ApiMeter(None)
    for _ in range(requests):
        meter.answered(*COUNTED.values(), 0.25)
    pipe.send("done")
    pipe.recv()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "metrics"


@pytest.fixture
def start(folder):
    """Start a process that has answered so many requests."""
    context = multiprocessing.get_context("spawn")
    running = []

    def start(requests):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(folder, requests, theirs)
        )
        process.start()
        running.append(process)
        assert ours.poll(60)
        assert ours.recv() == "done"
        process.pipe = ours
        return process

    yield start
    for process in running:
        process.kill()
        process.join()


@pytest.fixture
def shown(folder):
    def shown():
        registry = shared.registry(folder)
        return Shown(client.generate_latest(registry).decode())

    return shown


@pytest.fixture
def files(folder):
    return lambda: sorted(path.name for path in folder.glob("*.db"))


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.join(20)


def test_processes_add_up(start, shown):
    start(3)
    start(4)
    found = shown()
    assert found.value(REQUESTS, **COUNTED) == 7
    labels = {"method": "GET", "route": "/v1/racks"}
    assert found.value(f"{TOOK}_count", **labels) == 7
    assert found.value(f"{TOOK}_sum", **labels) == 7 * 0.25
    assert found.value(f"{TOOK}_bucket", **labels, le="0.1") == 0
    assert found.value(f"{TOOK}_bucket", **labels, le="0.25") == 7


def test_what_a_dead_process_counted_stays(start, shown, files):
    kill(start(3))
    assert shown().value(REQUESTS, **COUNTED) == 3
    start(4)
    assert shown().value(REQUESTS, **COUNTED) == 7
    assert files() == ["counter_0.db", "histogram_0.db"]


def test_files_are_no_more_than_processes_at_a_time(start, shown, files):
    for _ in range(3):
        one, two = start(1), start(1)
        kill(one)
        kill(two)
    assert shown().value(REQUESTS, **COUNTED) == 6
    assert len(files()) == 4


def test_what_is_forked_has_a_slot_of_its_own(folder):
    folder.mkdir()
    slots = Slots(folder)
    assert slots.name() == slots.name() == "0"
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, slots.name().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"1"
    assert slots.name() == "0"
    assert Slots(folder).name() == "1"  # the parent's is still held


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 64,
        b"\x40\0\0\0" + b"\0\0\0\0" + b"\xff\xff\xff\x7f" + b"x" * 52,
        b"\x20\0\0\0\0\0\0\0\x04\0\0\0{{{{" + b"\0" * 16,
        b"\x20\0\0\0\0\0\0\0\x04\0\0\x001234" + b"\0" * 16,
        b"\x01",
    ],
    ids=["noise", "lengths", "keys", "numbers", "cut"],
)
def test_a_broken_file_is_begun_anew(folder, start, shown, content):
    folder.mkdir()
    for slot in (0, 5):  # the other one is nobody's
        (folder / f"counter_{slot}.db").write_bytes(content)
    start(2)
    assert shown().value(REQUESTS, **COUNTED) == 2


def test_there_is_room_before_anything_is_counted(folder, start):
    """A full disk would kill the process in the midst of a request."""
    start(0)
    found = [path.stat() for path in folder.glob("*.db")]
    assert len(found) == 2
    for file in found:
        assert file.st_size == 1 << 20
        assert file.st_blocks * 512 >= 1 << 20


def test_only_our_group_may_read_them(folder, start):
    start(1)
    assert folder.stat().st_mode & 0o777 == 0o750


def test_the_page_shows_them(folder, start):
    start(2)
    answered = []
    body = shared.page(folder)(
        {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics"},
        lambda status, headers: answered.append(status),
    )
    assert answered == ["200 OK"]
    assert b'route="/v1/racks",status="2xx"} 2.0' in b"".join(body)
