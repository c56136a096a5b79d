"""A build backend in the demo itself (PEP 517 and 660), so that pip installs it editable without any download."""

import zipfile
from pathlib import Path


def get_requires_for_build_editable(config_settings=None):  # noqa: ARG001 - the hook's own signature
    return []


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):  # noqa: ARG001 - likewise
    name = "coin-1.2.3-py3-none-any.whl"
    files = {
        "coin.pth": f"{Path.cwd()}\n",
        "coin-1.2.3.dist-info/METADATA": "Metadata-Version: 2.4\nName: coin\nVersion: 1.2.3\nProvides-Extra: test\n",
        "coin-1.2.3.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: coin\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "coin-1.2.3.dist-info/entry_points.txt": "[console_scripts]\ncoin = check:main\n",
    }
    record = "".join(f"{file},,\n" for file in files) + "coin-1.2.3.dist-info/RECORD,,\n"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for file, text in (files | {"coin-1.2.3.dist-info/RECORD": record}).items():
            wheel.writestr(file, text)
    return name
