"""Programs that are not Python: found on the machine, or unpacked from signed Debian packages without root.

Each program gets a folder of its own below `.ringmaster/`, with every library it needs (libc too), and is run
through the loader of that folder; the machine's own packages are neither used nor touched. apt itself downloads and
checks the archive's signature, with a private configuration. Standard library only: this runs before anything else.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from engine import debian
from engine.debian import FetchError as FetchError  # noqa: PLC0414 - whoever fetches catches it from here

STAMP = ".fetched"
TRIPLETS = {
    "amd64": "x86_64-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "armhf": "arm-linux-gnueabihf",
    "i386": "i386-linux-gnu",
    "ppc64el": "powerpc64le-linux-gnu",
    "riscv64": "riscv64-linux-gnu",
    "s390x": "s390x-linux-gnu",
}
MINIMUM_ASTERISK = 20


@dataclass(frozen=True, slots=True)
class Source:
    """What to unpack. `suite` is fixed per program, so that every machine runs the version that was tried."""

    packages: tuple[str, ...]
    suite: str
    binary: str
    megabytes: int
    libraries: str = ""  # a folder of its own below usr/lib/TRIPLET


PROGRAMS = {
    # Debian 12 and 13 have no asterisk; its -en-gsm sounds are what an attended transfer beeps with.
    "asterisk": Source(("asterisk", "asterisk-core-sounds-en-gsm", "tzdata"), "sid", "usr/sbin/asterisk", 80),
    "sipp": Source(("sip-tester",), "bookworm", "usr/bin/sipp", 20),
    "baresip": Source(("baresip-core",), "bookworm", "usr/bin/baresip", 60),
    "prometheus": Source(("prometheus",), "sid", "usr/bin/prometheus", 60),
    # Without a window: half of the whole browser's size. The fonts are for Korean.
    "chromium": Source(
        ("chromium-headless-shell", "fonts-nanum"), "bookworm", "usr/lib/chromium/chromium-headless-shell", 170
    ),
    "alertmanager": Source(("prometheus-alertmanager",), "sid", "usr/bin/prometheus-alertmanager", 30),
    "kamailio": Source(("kamailio",), "bookworm", "usr/sbin/kamailio", 20, "kamailio"),
}


@dataclass(frozen=True, slots=True)
class Program:
    """A program that can be run. `root` is the folder its files are below: `/` when it is the machine's own."""

    name: str
    root: Path
    binary: str

    def argv(self, binary: str | None = None) -> list[str]:
        """The words that start it (or `binary`, another program of the same folder); arguments follow."""
        path = self.root / (binary or self.binary)
        if self.root == Path("/"):
            return [str(path)]
        library_dirs = [str(p) for p in _library_dirs(self.root)]
        if own := PROGRAMS[self.name].libraries:
            library_dirs += [f"{folder}/{own}" for folder in library_dirs]
        loader = next((p for d in _library_dirs(self.root) for p in sorted(d.glob("ld-linux*.so.*"))), None)
        if loader is None:
            raise FetchError(f"{self.root} has no program loader; remove that folder to fetch {self.name} again")
        return [str(loader), "--library-path", ":".join(library_dirs), str(path)]

    def path(self, relative: str) -> Path:
        """A file of the program's own packages, `usr/share/…`."""
        return self.root / relative


def home() -> Path:
    """Where everything that is downloaded or written goes: `RINGMASTER_HOME`, or `.ringmaster/` in the checkout."""
    chosen = os.environ.get("RINGMASTER_HOME")
    return Path(chosen).absolute() if chosen else Path(__file__).resolve().parent.parent / ".ringmaster"


def program(name: str) -> Program:
    """The program `name` (a key of PROGRAMS), fetched first if it has to be. Progress goes to stderr."""
    if there := found(name):
        return there
    source, root = PROGRAMS[name], home() / name
    with locked(home() / f"{name}.lock", f"another process is fetching {name}; waiting for it"):
        if not (root / STAMP).exists():
            _fetch(name, source, root)
    return Program(name, root, source.binary)


def found(name: str) -> Program | None:
    """The program as `program` would give it, if nothing has to be fetched for it."""
    if (of_the_machine := _OWN.get(name)) and (own := of_the_machine()):
        return own
    root = home() / name
    return Program(name, root, PROGRAMS[name].binary) if (root / STAMP).exists() else None


def asterisk_version(asterisk: Program) -> tuple[int, ...]:
    """Its version as numbers, (22, 10, 1); (0,) when it does not say."""
    try:
        said = subprocess.run(
            [*asterisk.argv(), "-V"], capture_output=True, text=True, timeout=20, check=False, stdin=subprocess.DEVNULL
        ).stdout
    except OSError:
        return (0,)
    found = re.search(r"Asterisk (?:certified[/-])?(\d+(?:\.\d+)*)", said)
    return tuple(int(part) for part in found[1].split(".")) if found else (0,)


def _machines_asterisk() -> Program | None:
    """The Asterisk that is installed here, if it is new enough. `/usr/sbin` is not on an ordinary user's PATH."""
    if os.environ.get("RINGMASTER_FETCH_ASTERISK"):
        return None
    found = shutil.which("asterisk", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        return None
    own = Program("asterisk", Path("/"), found.lstrip("/"))
    return own if asterisk_version(own)[0] >= MINIMUM_ASTERISK else None


def _machines_chromium() -> Program | None:
    """The Chromium that is installed here, if anything here can draw Korean."""
    if os.environ.get("RINGMASTER_FETCH_CHROMIUM") or not shutil.which("fc-list"):
        return None
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        return None
    fonts = subprocess.run(["fc-list", ":lang=ko"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return Program("chromium", Path("/"), found.lstrip("/")) if fonts.stdout.strip() else None


def _machines_kamailio() -> Program | None:
    """The Kamailio that is installed here."""
    found = shutil.which("kamailio", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return Program("kamailio", Path("/"), found.lstrip("/")) if found else None


# Programs that are not fetched where the machine has a fit one.
_OWN: dict[str, Callable[[], Program | None]] = {
    "asterisk": _machines_asterisk,
    "chromium": _machines_chromium,
    "kamailio": _machines_kamailio,
}


def _triplet() -> str:
    try:
        architecture = subprocess.run(
            ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise FetchError("programs are fetched with apt and dpkg (Debian, Ubuntu); this machine has no dpkg") from error
    if architecture not in TRIPLETS:
        raise FetchError(f"no Debian library folder is known for the architecture {architecture}")
    return TRIPLETS[architecture]


def _library_dirs(root: Path) -> list[Path]:
    """Library folders below `root`; packages from before the merge of / and /usr still have `lib/`."""
    names = [f"{top}/{TRIPLETS[arch]}" for arch in _this_machine() for top in ("usr/lib", "lib")]
    return [root / name for name in names if (root / name).is_dir()]


def _this_machine() -> list[str]:
    """Debian's names for this processor. From the kernel, not from dpkg: programs start more often than they come."""
    return {
        "x86_64": ["amd64", "i386"],
        "aarch64": ["arm64", "armhf"],
        "armv7l": ["armhf"],
        "i686": ["i386"],
        "ppc64le": ["ppc64el"],
        "riscv64": ["riscv64"],
        "s390x": ["s390x"],
    }.get(platform.machine(), [])


def _fetch(name: str, source: Source, root: Path) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise FetchError(f"{name} is fetched with apt and dpkg (Debian, Ubuntu), and this machine has no {tool}")
    _triplet()
    started = time.monotonic()
    archive = debian.archive()
    apt_dir = home() / "apt" / source.suite
    with locked(home() / f"apt-{source.suite}.lock", f"another process is using {apt_dir}; waiting for it"):
        environment = debian.private_apt(apt_dir, archive, source.suite)
        say = debian.Bar(f"fetching {name} from {archive} ({source.suite}, about {source.megabytes} MB)")
        if not (apt_dir / "updated").exists():
            debian.apt(["update"], environment, say, f"reading the list of packages of {archive} {source.suite}")
            (apt_dir / "updated").touch()
        arguments = ["-y", "--download-only", "install", *source.packages]
        try:
            debian.apt(arguments, environment, say, f"downloading {name}")
        except FetchError:
            # A list from an interrupted earlier try names packages that the archive has replaced since.
            debian.apt(["update"], environment, say, f"reading the list of packages of {archive} {source.suite}")
            debian.apt(arguments, environment, say, f"downloading {name}")
        wanted = debian.names_of(arguments, environment)
        debs = [p for p in sorted((apt_dir / "cache/archives").glob("*.deb")) if p.name.split("_")[0] in wanted]
        fresh = root.with_name(f"{name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        (fresh / "usr/lib").mkdir(parents=True)
        say.step("unpacking", 0)
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            for done, _ in enumerate(pool.map(lambda deb: debian.unpack(deb, fresh), debs), 1):
                say.step("unpacking", 100 * done / len(debs))
        if not (fresh / source.binary).exists():
            raise FetchError(f"the packages of {name} hold no {source.binary}; {source.suite} has changed")
        (fresh / STAMP).write_text(f"{archive} {source.suite}\n" + "".join(f"{deb.name}\n" for deb in debs))
        shutil.rmtree(root, ignore_errors=True)
        fresh.rename(root)
        for deb in debs:
            deb.unlink(missing_ok=True)
        (apt_dir / "updated").unlink(missing_ok=True)
        say.end(f"{name} is ready ({time.monotonic() - started:.0f} s)")


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Hold `path` as a lock for the time of the block; `waiting` is said when another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(waiting, file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _asked_to_end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's form
    raise SystemExit(130)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _asked_to_end)
    try:
        for wanted in sys.argv[1:]:
            program(wanted)
    except FetchError as error:
        sys.exit(str(error))
