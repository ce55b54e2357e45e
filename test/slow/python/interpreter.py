"""
Runs scripts in one interpreter, because importing a client takes longer than many of its checks.

A line of the input names a script, a base URL and a model as a JSON array. A line of the output says which checks passed,
and what went wrong, if anything.
"""

import contextlib
import io
import json
import runpy
import sys
import traceback
from pathlib import Path

for line in sys.stdin:
    script, *arguments = json.loads(line)
    path = str(Path(__file__).with_name(script))
    sys.argv = [path, *arguments]
    # What the scripts share belongs to one server.
    sys.modules.pop("trial", None)
    error = None
    with contextlib.redirect_stdout(io.StringIO()) as passed:
        try:
            runpy.run_path(path, run_name="__main__")
        except Exception:
            error = traceback.format_exc()
    print(json.dumps({"passed": passed.getvalue().split(), "error": error}), flush=True)
