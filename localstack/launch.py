"""What `up`, `down` and `community` share: private environments, detached processes, health, and the record of what runs.

Standard library only: this runs before anything is installed. It never touches a process that it did not record itself,
and never downloads anything that is not pinned by hash.
"""

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYTHONS = ("python3.13", "python3.12", "python3.11", "python3", "python")
# What the pinned packages run on; LocalStack itself needs a newer one, because of its syntax.
OLDEST, OLDEST_FOR_COMMUNITY, NEWEST = (3, 11), (3, 12), (3, 13)
START_LIMIT = 120.0


class Trouble(Exception):
    """A message for the user; the command ends with status 1."""


def cache() -> Path:
    """The folder for everything that is kept between runs."""
    root = os.environ.get("INFRA_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "infra")
    return Path(root).absolute() / "local-cloud"


class Progress:
    """Plain lines with the seconds since the start; nothing when quiet."""

    def __init__(self, quiet: bool):
        self.quiet, self.start = quiet, time.monotonic()

    def __call__(self, text: str):
        if not self.quiet:
            print(f"{time.monotonic() - self.start:6.1f} s  {text}", flush=True)


# --- private environments ---------------------------------------------------------------------------------------------

def find_python(oldest: tuple) -> str:
    """A Python that the pinned packages support: this one if it fits, otherwise the first fitting one on the PATH."""
    # pyenv keeps the versions that it has off the PATH, unless they are chosen.
    pyenv = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")) / "versions"
    for candidate in (sys.executable, *PYTHONS, *sorted(map(str, pyenv.glob("3.1?.*/bin/python")), reverse=True)):
        path = shutil.which(candidate) if candidate else None
        if not path:
            continue
        probe = subprocess.run([path, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"],
                               capture_output=True, text=True)
        # A version manager's stand-in exists for versions that are not there, so only an answer counts.
        if probe.returncode == 0 and oldest <= tuple(map(int, probe.stdout.split())) <= NEWEST:
            return path
    raise Trouble(f"this needs a Python from {'.'.join(map(str, oldest))} to {'.'.join(map(str, NEWEST))} with the modules venv and "
                  f"ensurepip, and none is on the PATH")


@contextlib.contextmanager
def locked(path: Path, waiting: str, progress: Progress):
    """Holds a lock file, so that two runs at once do the work once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def environment_python(requirements: Path, progress: Progress, oldest: tuple = OLDEST) -> Path:
    """The Python of the private environment for these requirements, made on first need."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = cache() / digest
    python, complete = folder / "bin" / "python", folder / "complete"
    if complete.exists() and python.exists():
        return python
    with locked(cache() / f"{digest}.lock", "waiting for another run that installs the emulators", progress):
        if complete.exists() and python.exists():
            return python
        # Without the mark at the end it is the remains of a run that was stopped half-way.
        shutil.rmtree(folder, ignore_errors=True)
        log = cache() / f"{digest}.install.log"
        base = find_python(oldest)
        progress(f"making a private Python environment in {folder}")
        with open(log, "wb") as output:
            steps = (
                [base, "-m", "venv", str(folder)],
                [str(python), "-m", "pip", "install", "--require-hashes", "--no-deps", "--prefer-binary", "--no-compile",
                 "--disable-pip-version-check", "--no-input", "--no-warn-script-location", "-r", str(requirements)],
            )
            for step, doing in zip(steps, ("creating it", f"installing the packages of {requirements.name}")):
                progress(doing)
                if subprocess.run(step, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                  env=clean_environment(keep_pip=True)).returncode:
                    raise Trouble(f"{doing} failed; the end of {log}:\n{tail(log)}")
        complete.touch()
    return python


def clean_environment(keep_pip: bool = False, **more: str) -> dict:
    """Our environment without what would change another Python's imports, and without anybody's cloud credentials."""
    dropped = ("AWS_", "PYTHON", "VIRTUAL_ENV", "MINISTACK_", "MOTO_", "LOCALSTACK_") + (() if keep_pip else ("PIP_",))
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(dropped) or name in ("AWS_CA_BUNDLE",)}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


def tail(log: Path, lines: int = 20) -> str:
    with contextlib.suppress(OSError):
        return "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
    return "    (no log)"


# --- ports and health -------------------------------------------------------------------------------------------------

def listen(port: int) -> socket.socket:
    """A listening socket on the loopback address. It is opened here and inherited, so no port can be lost in between."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise Trouble(f"port {port} is busy with something that is not our local cloud ({error.strerror}); "
                      f"free it, or choose another one: --port 0 takes any") from None
    listener.listen(1024)
    return listener


def get(port: int, path: str, limit: float = 10.0):
    """Status and body of a request to a local port, or None if nothing answers in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


# --- processes --------------------------------------------------------------------------------------------------------

class Running:
    """A process that was started detached, as it is kept in the record."""

    def __init__(self, name: str, pid: int, port: int, log: str):
        self.name, self.pid, self.port, self.log = name, pid, port, log


def start(name: str, command: list, listener, log: Path, environment: dict) -> Running:
    """Starts a program in a session of its own, so that it outlives us and no Ctrl-C of ours reaches it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True, cwd=str(log.parent), env=environment,
                                   pass_fds=[listener.fileno()] if listener else [])
    running = Running(name, process.pid, listener.getsockname()[1] if listener else 0, str(log))
    running.process = process
    return running


def wait_until_healthy(running: Running, path: str, progress: Progress, limit: float = START_LIMIT):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if running.process.poll() is not None:
            raise Trouble(f"{running.name} ended with status {running.process.returncode}; the end of {running.log}:\n{tail(Path(running.log))}")
        answer = get(running.port, path, limit=min(5.0, max(0.1, end - time.monotonic())))
        if answer and answer[0] == 200:
            progress(f"{running.name} is ready on port {running.port}")
            return
        time.sleep(0.05)
    raise Trouble(f"{running.name} was not ready after {limit:.0f} s; the end of {running.log}:\n{tail(Path(running.log))}")


def command_line(pid: int) -> str:
    """The command line of a process, or "" if there is none of that number."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self/cmdline").exists():
            return ""
    found = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
    return found.stdout if found.returncode == 0 else ""


def is_ours(process: dict) -> bool:
    """Whether the recorded process still runs: numbers are reused, the mark in our command lines is not."""
    return process["mark"] in command_line(process["pid"])


def stop(processes: list, limit: float = 10.0):
    """Asks each session to end, waits, and ends by force what is left."""
    for number, patience in ((signal.SIGTERM, limit), (signal.SIGKILL, 5.0)):
        alive = [process for process in processes if is_ours(process)]
        for process in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process["pid"], number)
        end = time.monotonic() + patience
        while alive and time.monotonic() < end:
            # Our own children must be collected, or they look alive for ever.
            for process in alive:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process["pid"], os.WNOHANG)
            alive = [process for process in alive if is_ours(process)]
            time.sleep(0.02)
        if not alive:
            return


# --- the record of what runs ------------------------------------------------------------------------------------------

def record_path(port: int) -> Path:
    return cache() / "ports" / f"{port}.json"


def read_record(port: int):
    """What was started on this port, or None."""
    try:
        return json.loads(record_path(port).read_text())
    except (OSError, ValueError):
        return None


def write_record(port: int, kind: str, logs: Path, running: list, mark: str):
    record = {"kind": kind, "port": port, "logs": str(logs),
              "processes": [{"name": one.name, "pid": one.pid, "port": one.port, "log": one.log, "mark": mark} for one in running]}
    path = record_path(port)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(record, indent=2) + "\n")
    partial.replace(path)


def bring_down(port: int, progress: Progress):
    """Stops what was started on this port. Nothing to stop is fine too."""
    with locked(cache() / "ports" / f"{port}.lock", "waiting for another run on this port", progress):
        record = read_record(port)
        if record is None:
            progress(f"nothing of ours runs on port {port}")
            return
        stop(record["processes"])
        record_path(port).unlink(missing_ok=True)
        progress(f"stopped what ran on port {port}")


def already_up(port: int, kind: str, path: str, edition: str) -> bool:
    """Whether our own local cloud of this kind serves the port, whole and healthy. What is left of a broken one is cleared."""
    record = read_record(port)
    if record is None:
        # Somebody with another cache folder may have started it; then it says itself what it is.
        answer = get(port, path, limit=2.0)
        return bool(answer and answer[0] == 200 and f'"edition": "{edition}"'.encode() in answer[1] and b"not answering" not in answer[1])
    if all(is_ours(process) for process in record["processes"]):
        if record["kind"] != kind:
            raise Trouble(f"port {port} is served by our {record['kind']}; stop it first, or choose another port")
        answer = get(port, path)
        if answer and answer[0] == 200 and b"not answering" not in answer[1]:
            return True
    stop(record["processes"])
    record_path(port).unlink(missing_ok=True)
    return False


def run(main):
    """Runs a command: trouble becomes a message and status 1, Ctrl-C becomes 130."""
    try:
        sys.exit(main() or 0)
    except Trouble as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
