"""What Ringmaster is made of, as a CycloneDX 1.6 bill of materials: the locks' packages, and the programs' of Debian.

Pure: texts in, a document out; the same texts give the same bytes. Source: https://cyclonedx.org/docs/1.6/json/.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

RUN_LOCK = "requirements.lock"
RUN_SOURCES = frozenset({RUN_LOCK, "asterisk", "kamailio"})  # what a centre runs, one or several nodes of it
_OWN = "ringmaster"
# A name of our own for the ids of these documents (RFC 4122: version 5 of a URL's).
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:ringmaster:bill-of-materials")

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a lock: `wanted_by` are the names of those that need it, ours among them."""

    name: str
    version: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def ref(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Deb:
    """One Debian package of a program."""

    name: str
    version: str
    architecture: str
    suite: str

    @property
    def ref(self) -> str:
        """Its package URL."""
        where = f"arch={self.architecture}&distro={self.suite}"
        return f"pkg:deb/debian/{quote(self.name, safe='')}@{quote(self.version, safe='')}?{where}"


@dataclass(slots=True)
class _Part:
    """One component, from wherever it comes."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    sources: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)


def packages(lock: str) -> Iterator[Package]:
    """The packages of a lock as `uv pip compile --generate-hashes` writes it. ValueError for one without a hash."""
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock):
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
        if head is None:
            continue
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
        if not hashes:
            raise ValueError(f"{head[1]}=={head[2]} has no hash")
        said = re.search(r"# via(.*(?:\n\s+#   .*)*)", block)
        wanted = tuple(re.findall(r"([\w.-]+)(?: \(pyproject\.toml[^)]*\))?$", said[1], re.MULTILINE)) if said else ()
        yield Package(head[1], head[2], hashes, wanted)


def debs(stamp: str) -> Iterator[Deb]:
    """The Debian packages that a program was unpacked from: its stamp has the archive and suite, then a name a line."""
    first, *files = stamp.splitlines()
    suite = first.rpartition(" ")[2]
    for file in files:
        name, version, architecture = file.removesuffix(".deb").split("_")
        yield Deb(name, unquote(version), architecture, suite)


def document(version: str, locks: Mapping[str, str], stamps: Mapping[str, str]) -> Json:
    """The bill. `locks` and `stamps` are texts by the lock's file name and by the program's.

    What only tests, rendering or listening need has the scope `excluded`, and each component says what it comes from.
    """
    root = f"pkg:generic/{_OWN}@{version}"
    parts: dict[str, _Part] = {root: _Part(_OWN, version)}
    for file, text in locks.items():
        listed = list(packages(text))
        by_name = {package.name: package for package in listed}
        for package in listed:
            part = parts.setdefault(package.ref, _Part(package.name, package.version, package.hashes))
            part.sources.append(file)
        for package in listed:
            for wanting in package.wanted_by:
                owner = by_name.get(wanting)
                parts[owner.ref if owner else root].needs.add(package.ref)
    for program, text in stamps.items():
        for deb in debs(text):
            part = parts.setdefault(deb.ref, _Part(deb.name, deb.version))
            part.sources.append(program)
            parts[root].needs.add(deb.ref)
    own = parts.pop(root)
    components = [_component(ref, part) for ref, part in sorted(parts.items())]
    dependencies = [
        {"ref": ref, "dependsOn": sorted(part.needs)} for ref, part in [(root, own), *sorted(parts.items())]
    ]
    body: Json = {
        "metadata": {"component": {"type": "application", "bom-ref": root, "name": _OWN, "version": version}},
        "components": components,
        "dependencies": dependencies,
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(body, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def _component(ref: str, part: _Part) -> Json:
    runs = not RUN_SOURCES.isdisjoint(part.sources)
    component: Json = {
        "type": "library",
        "bom-ref": ref,
        "name": part.name,
        "version": part.version,
        "purl": ref,
        "scope": "required" if runs else "excluded",
        "properties": [{"name": f"{_OWN}:from", "value": source} for source in part.sources],
    }
    if part.hashes:
        component["hashes"] = [{"alg": "SHA-256", "content": content} for content in part.hashes]
    return component
