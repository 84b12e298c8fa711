"""The containers and the environment they install: what is copied is there, versions agree."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

KINDS = ("Dockerfile", "Apptainer.def")
TORCH = r"^(?:ARG |    )TORCH=(\w+)$"
PYTHON = r"^(?:ARG |    )PYTHON=([\d.]+)$"


@pytest.fixture(params=KINDS)
def recipe(request, project):
    return (project / "envs" / request.param).read_text()


def copied(text: str) -> dict[str, str]:
    """What is copied into a container, and where."""
    if "%files" in text:
        lines = re.search(r"^%files\n((?:    .+\n)+)", text, re.M)[1].split("\n")[:-1]
    else:
        lines = re.findall(r"^COPY (.+)$", text, re.M)
    found = {}
    for *sources, target in map(str.split, lines):
        for source in sources:
            last = source.rsplit("/", 1)[-1]
            found[source] = target + last if target.endswith("/") else target
    return found


def test_what_is_copied_is_in_the_checkout_and_keeps_its_place(recipe, project):
    found = copied(recipe)
    assert {".ci/environment", "requirements.lock", "pyproject.toml", "src"} <= set(found)
    assert [source for source in found if not (project / source).exists()] == []
    assert {f"/opt/spatial-mae/{source}": source for source in found} == {
        target: source for source, target in found.items()
    }


def test_what_the_package_s_build_reads_is_copied(recipe, project):
    about = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert {about["readme"], *about["license-files"]} <= set(copied(recipe))


def test_both_containers_hold_the_same(project):
    docker, apptainer = ((project / "envs" / kind).read_text() for kind in KINDS)
    assert copied(docker) == copied(apptainer)
    for pattern in (PYTHON, TORCH):
        assert re.findall(pattern, docker, re.M) == re.findall(pattern, apptainer, re.M)
    installed = r"apt-get install -qy --no-install-recommends ([\w -]+?) &&"
    assert re.findall(installed, docker) == re.findall(installed, apptainer) != []


def test_the_python_of_a_container_is_that_of_the_conda_environments(recipe, project):
    (version,) = re.findall(PYTHON, recipe, re.M)
    about = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert tuple(map(int, version.split("."))) >= (3, 11)
    assert about["requires-python"] == ">=3.11"
    for path in (project / "envs").glob("*.yaml"):
        assert f"- python ={version}\n" in path.read_text()


def test_the_base_image_is_named_without_a_host(recipe):
    (image,) = re.findall(r"^(?:FROM|From:) (.+)$", recipe, re.M)
    assert re.fullmatch(r"python:(\$\{PYTHON\}|\{\{ PYTHON \}\})-slim", image)


@pytest.fixture
def install(project, tmp_path):
    """Run .ci/environment with a uv that only writes down what it is asked."""
    fake = tmp_path / "environment/bin"
    fake.mkdir(parents=True)
    (fake / "python").write_text("#!/bin/sh\n")
    (fake / "uv").write_text(
        f"""#!/bin/bash
printf '%s ' "$@" >>{tmp_path}/asked
echo >>{tmp_path}/asked
while [ $# -gt 0 ]; do
    if [ "$1" = --excludes ]; then cat "$2" >{tmp_path}/left_out; fi
    shift
done
"""
    )
    for program in fake.iterdir():
        program.chmod(0o755)

    def run(*torch: str) -> subprocess.CompletedProcess:
        command = [project / ".ci/environment", sys.executable, fake.parent, *torch]
        return subprocess.run(command, capture_output=True, text=True, env=os.environ)

    return run


def test_the_whole_lock_is_installed_with_hashes(install, tmp_path):
    assert install().returncode == 0
    packages, own = (tmp_path / "asked").read_text().splitlines()
    assert "--require-hashes -r requirements.lock" in packages and "--excludes" not in packages
    assert own.endswith("--no-deps --editable . ")


def test_without_cuda_all_but_torch_is_of_the_lock_and_torch_of_its_version(
    install, project, tmp_path
):
    assert install("cpu").returncode == 0
    packages, torch, own = (tmp_path / "asked").read_text().splitlines()
    assert "--no-deps --require-hashes -r requirements.lock --excludes" in packages
    lock = (project / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.M))
    expected = [f"{name}=={locked[name]}" for name in ("torch", "torchvision")]
    assert torch.split()[-4:] == ["--torch-backend", "cpu", *expected]
    left_out = set((tmp_path / "left_out").read_text().split())
    assert {"torch", "torchvision", "triton"} < left_out < set(locked)
    big = {name for name in locked if name.startswith(("nvidia-", "cuda-"))}
    assert big and left_out == big | {"torch", "torchvision", "triton"}


def test_another_word_for_torch_is_refused_before_anything_is_installed(install, tmp_path):
    done = install("gpu")
    assert done.returncode == 1
    assert done.stderr == "TORCH=gpu is unknown; use cuda or cpu\n"
    assert not (tmp_path / "asked").exists()
