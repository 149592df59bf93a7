"""Compiles a policy: `python3 sdk/python/build.py MODULE [FILE.wasm [FOLDER…]]`, in the folder that has MODULE.py.

It is componentize-py with the contract beside this SDK, and without WASI. What MODULE imports, and each text that it reads
by `bellwire.text_file`, is taken from that folder, the FOLDERs and the SDK.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

VERSION = "0.25.1"
SDK = Path(__file__).resolve().parent
COMPONENTIZE = "import sys, componentize_py; sys.argv[0] = 'componentize-py'; sys.exit(componentize_py.script())"


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    if importlib.util.find_spec("componentize_py") is None:
        print(f"build.py: it needs componentize-py: pip install componentize-py=={VERSION}", file=sys.stderr)
        return 1
    module, *rest = arguments
    wasm, *folders = rest or [f"{module}.wasm"]
    paths = [part for folder in (".", *folders, str(SDK)) for part in ("-p", folder)]
    contract = ["-d", str(SDK.parent / "wit"), "-w", "policy"]
    command = ["-q", *contract, "componentize", "--stub-wasi", *paths, "-o", wasm, module]
    return subprocess.run([sys.executable, "-c", COMPONENTIZE, *command]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
