"""Every service of docker-compose.yml, those of the profiles too: no root, nothing to write to but what is named.

The file as it is written, with its anchors resolved; what the container engine makes of it is tests/compose/check.sh's.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]
FILE = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES = sorted(FILE["services"])
# What would give a service more of the machine than it has.
NEVER = {
    "privileged", "cap_add", "devices", "device_cgroup_rules", "ports", "pid", "ipc", "userns_mode", "cgroup", "volumes_from",
    "env_file", "extra_hosts", "sysctls", "group_add", "runtime", "credential_spec",
}  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_nobody_and_can_write_nowhere_else(name: str):
    service = FILE["services"][name]
    user, _, _ = str(service.get("user", "0")).partition(":")
    assert user.isdecimal(), "a name would be looked up in the image"
    assert int(user) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not any("unconfined" in option for option in service["security_opt"])
    assert not NEVER & set(service)
    assert 0 < service["pids_limit"] <= 4096
    assert all(  # mode: a folder of root's is none that nobody can write to
        {"noexec", "nosuid", "nodev", "mode=1777"} <= set(one.split(":")[1].split(",")) and "size=" in one
        for one in service["tmpfs"]
    )


@pytest.mark.parametrize("name", SERVICES)
def test_what_it_is_given_of_the_checkout_is_read_only_and_no_secret_is_in_the_file(name: str):
    service = FILE["services"][name]
    for volume in service.get("volumes", []):
        source, target, *mode = volume.split(":")
        assert source in FILE["volumes"] or (source.startswith("./") and mode == ["ro"]), volume
        assert "docker.sock" not in target
    for key, value in service.get("environment", {}).items():
        secret = re.search(r"SECRET|TOKEN|PASS", key) and key != "PGPASSFILE" and not key.endswith("_FILE")
        assert not secret, f"{key}={value}"


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_has_a_version(name: str):
    """What is not built here is a release of somebody's, and no `latest`."""
    image = FILE["services"][name]["image"]
    assert image.startswith("ringmaster-") or re.fullmatch(r"[\w./-]+:v?\d[\w.]*", image)


@pytest.mark.parametrize("name", ["asterisk", "engine"])
def test_an_image_of_ours_is_left_as_nobody(name: str):
    lines = (ROOT / f"docker/{name}/Dockerfile").read_text().splitlines()
    words = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ ", line)]
    assert [argument for word, argument in words if word == "USER"] == ["10001:10001"]
    assert [word for word, _ in words].index("USER") > max(n for n, (word, _) in enumerate(words) if word == "RUN")
    assert not any(word == "ADD" or re.search(r"curl|wget", argument) for word, argument in words)
