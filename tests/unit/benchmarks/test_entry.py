"""The command `python -m benchmarks` and what it says of the machine."""

import subprocess
import sys

import pytest
from benchmarks import __main__ as entry
from benchmarks import hardware

AMD = """processor\t: 0
model name\t: AMD EPYC 9755
flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_vnni avx_vnni

processor\t: 1
model name\t: AMD EPYC 9755
flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_vnni avx_vnni
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (AMD, "AMD EPYC 9755 with avx2 avx512f avx512_bf16 avx512_vnni avx_vnni"),
        ("model name : Old\nflags : sse2 avx\n", "Old with none of AVX2 to AMX"),
        ("CPU implementer : 0x41\nFeatures : asimd\n", "unknown CPU with none of AVX2 to AMX"),
    ],
)
def test_the_processor_and_what_it_has(tmp_path, monkeypatch, text, expected):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(hardware, "CPU_INFO", tmp_path / "cpuinfo")
    assert hardware.processor() == expected


def test_the_header_names_the_processor(capsys, monkeypatch):
    monkeypatch.setattr(hardware, "tables", lambda quick: [])
    entry.main(["hardware"])
    assert hardware.processor() in capsys.readouterr().out


def test_an_unknown_benchmark_is_named(capsys):
    with pytest.raises(SystemExit):
        entry.main(["hardwear"])
    assert "no benchmark hardwear; there are augmentation" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(entry.ALONE))
def test_what_takes_other_arguments_does_not_run_among_others(capsys, name):
    with pytest.raises(SystemExit):
        entry.main(["hardware", name])
    assert f"{name} runs alone" in capsys.readouterr().err


def test_a_checkout_that_is_not_installed_finds_the_package(project, tmp_path):
    """Isolated (-S -I): neither site-packages nor PYTHONPATH."""
    code = f"import sys; sys.path.insert(0, {str(project)!r}); import benchmarks; "
    code += "import spatial_mae; print(spatial_mae.__file__)"
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(project / "src/spatial_mae/__init__.py")
