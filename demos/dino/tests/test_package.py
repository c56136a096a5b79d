"""What holds for the package as a whole: its form, what it imports, and what training needs."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "dino").rglob("*.py"))
TRAINING = {"torch", "torchvision", "timm", "numpy", "PIL", "rich", "safetensors"}
OPTIONAL = ("matplotlib", "onnx", "onnxruntime", "onnxscript", "submitit", "tensorboard", "wandb", "datasets")


def imported(module: Path) -> set[str]:
    """The first names of every package that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    "words", [["-m", "mypy"], ["-m", "ruff", "check", "."], ["-m", "ruff", "format", "--check", "."]]
)
def test_the_package_has_types_and_form(words: list[str]) -> None:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_says_what_it_is_and_stays_short(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 300


def test_nothing_of_the_digest_is_imported() -> None:
    assert not {module.name for module in MODULES if "digest" in imported(module)}


def test_every_import_is_of_python_of_training_or_of_a_named_extra() -> None:
    names = set().union(*map(imported, MODULES)) - set(sys.stdlib_module_names) - {"dino"}
    assert names <= TRAINING | set(OPTIONAL)


def test_training_runs_where_no_extra_is_installed(tmp_path: Path) -> None:
    script = f"""
        import sys
        from pathlib import Path

        sys.modules.update(dict.fromkeys({OPTIONAL!r}))
        sys.path.insert(0, {str(ROOT / "tests" / "core")!r})
        from toy import SETTINGS, make_images
        from dino.cli import main

        images = make_images(Path({str(tmp_path)!r}) / "images", 8)
        sys.exit(main(["train", str(images), "--out", {str(tmp_path / "run")!r}, *SETTINGS, "--epochs", "1"]))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "teacher.safetensors").is_file()
