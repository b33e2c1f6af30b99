"""compose.yaml, Dockerfile and .env.example are valid, agree with each other and with the program, and are careful."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.db import connection

from tests.deployment.composed import PROCESSES, ROOT, compose, dockerfile, example

OURS = (*PROCESSES, "migrate")
STATEFUL = ("db", "redis")
METRICS = "http://127.0.0.1:9100/metrics"


@pytest.mark.parametrize("file", ["compose.yaml", "compose.managed.yaml"])
def test_compose_holds_to_the_schema_of_its_specification(file: str) -> None:
    told = checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
    assert told.returncode == 0, told.stdout


def test_with_a_managed_database_ours_is_not_started() -> None:
    managed = yaml.safe_load((ROOT / "compose.managed.yaml").read_text())["services"]
    assert managed == {"db": {"profiles": ["own-database"]}}
    waiting = {name: of.get("depends_on", {}) for name, of in compose()["services"].items()}
    assert [on["db"]["required"] for on in waiting.values() if "db" in on] == [False], "nobody insists on it"
    for service in (*PROCESSES, "migrate"):
        address = compose()["services"][service]["environment"]["DATABASE_URL"]
        assert address.startswith("${DATABASE_URL:-mysql://"), "that of .env goes first"


def test_the_version_of_the_example_is_the_newest() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    noted = re.findall(r"^## (\d\S*)$", (ROOT / "docs" / "upgrading.md").read_text(), re.MULTILINE)
    assert example()["GENTHRUST_VERSION"] == project["version"] == noted[0]


def test_the_linter_has_nothing_against_the_dockerfile() -> None:
    told = checked("hadolint", "--no-color", "Dockerfile")
    assert (told.returncode, told.stdout) == (0, "")


def checked(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    there = Path(sys.executable).parent / program
    return subprocess.run([there, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_image_alone_starts_what_the_tests_start() -> None:
    """tests/deployment/running.py takes its commands from compose.yaml; the image's own is that of the web process."""
    of_image = [json.loads(rest) for word, rest in dockerfile() if word == "CMD"]
    assert of_image == [compose()["services"]["web"]["command"]]
    assert [
        json.loads(rest.partition("CMD ")[2]) for word, rest in dockerfile() if word == "HEALTHCHECK"
    ] == [["python", "-m", "genthrust.probe"]]
    for service in ("worker", "scheduler"):
        kind, *words = compose()["services"][service]["healthcheck"]["test"]
        assert (kind, words) == ("CMD", ["python", "-m", "genthrust.probe", METRICS])


def test_every_variable_of_compose_is_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert used
    assert used <= set(example())


def test_every_variable_of_the_example_is_explained() -> None:
    told = (ROOT / "docs" / "configuration.md").read_text()
    of_compose = {"MYSQL_PASSWORD", "WEB_ADDRESS", "GENTHRUST_VERSION"}
    assert [name for name in example() if f"`{name}`" not in told and name not in of_compose] == []


@pytest.mark.parametrize("service", OURS)
def test_our_services_run_commands_that_there_are(service: str) -> None:
    python, manage, command, *_ = compose()["services"][service]["command"]
    assert (python, manage) == ("python", "manage.py")
    assert command in get_commands()


@pytest.mark.parametrize("service", OURS)
def test_our_services_can_do_no_more_than_they_need(service: str) -> None:
    found = compose()["services"][service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in found
    assert found["init"] is True, "SIGTERM ends it while it starts, too"


@pytest.mark.parametrize("service", PROCESSES)
def test_a_process_waits_for_the_migrations_and_may_end_in_peace(service: str) -> None:
    found = compose()["services"][service]
    assert found["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert found["stop_grace_period"] == "30s"
    assert found["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", STATEFUL)
def test_what_keeps_data_is_pinned_checked_and_kept(service: str) -> None:
    found = compose()["services"][service]
    assert re.search(r":\d+\.\d+", found["image"]), "a version and not just the newest"
    assert found["healthcheck"]["test"]
    named = [volume.split(":")[0] for volume in found["volumes"]]
    assert set(named) <= set(compose()["volumes"])
    assert "ports" not in found, "reachable by our own containers only"


@pytest.mark.django_db
def test_the_database_has_the_memory_with_which_ours_was_measured() -> None:
    """Everything that `make bench` says of large books was measured with it."""
    options = dict(word.split("=") for word in compose()["services"]["db"]["command"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@innodb_buffer_pool_size")
        measured = cursor.fetchone()[0]
    assert options["--innodb-buffer-pool-size"] == f"{measured // 2**20}M"


def test_redis_keeps_what_it_was_told() -> None:
    words = compose()["services"]["redis"]["command"]
    assert words[words.index("--appendonly") + 1] == "yes"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_web_process_is_shown_to_this_machine_only_unless_told() -> None:
    assert compose()["services"]["web"]["ports"] == ["${WEB_ADDRESS:-127.0.0.1:8000}:8000"]


def test_the_image_is_built_in_stages_and_does_not_run_as_root() -> None:
    words = dockerfile()
    assert [word for word, _ in words].count("FROM") == 2
    last = max(index for index, (word, _) in enumerate(words) if word == "FROM")
    of_image = words[last:]
    users = [rest for word, rest in of_image if word == "USER"]
    assert users == ["10001:10001"], "by number, which an orchestrator can tell from root"
    assert "gcc" not in " ".join(rest for _, rest in of_image)
    assert any(word == "HEALTHCHECK" for word, _ in of_image)
    assert all(rest.startswith("[") for word, rest in of_image if word == "CMD"), (
        "no shell between us and SIGTERM"
    )


def test_the_image_is_built_as_the_linters_of_such_files_ask() -> None:
    for word, rest in dockerfile():
        if word == "FROM":
            assert re.search(r":\d", rest), "a version"
            assert ":latest" not in rest
        if "apt-get install" in rest:
            assert "--no-install-recommends" in rest
            assert "rm -rf /var/lib/apt/lists" in rest
        if "pip install" in rest:
            assert "--require-hashes" in rest
            assert "--no-cache-dir" in rest
        assert word not in ("ADD", "MAINTAINER")


def test_what_is_copied_into_the_image_is_sent_to_the_builder_and_is_there() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [rest.split()[0] for word, rest in dockerfile() if word == "COPY" and "--from" not in rest]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert name.strip("./") in sent


def test_every_package_of_the_program_is_in_the_image() -> None:
    copied = {rest.split()[0] for word, rest in dockerfile() if word == "COPY"}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= copied


def test_the_example_holds_no_secret() -> None:
    assert [example()[name] for name in ("SECRET_KEY", "MYSQL_PASSWORD", "AZURE_CLIENT_SECRET")] == [""] * 3
