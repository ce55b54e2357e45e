#!/usr/bin/env bash
# Makes bundled.gguf from nothing, the same on every run: text, three stages of training, an average of the last two, export.
# An hour or so on two cores. Needs the packages in requirements.txt; PYTHON names the interpreter, DATA the work folder.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
data=${DATA:-data}
out=${OUT:-../bundled.gguf}

"$python" data.py --out "$data"
"$python" train.py --data "$data" --text train --steps 600
mv "$data/checkpoint.pt" "$data/first.pt"
"$python" train.py --data "$data" --text short --steps 1900 --start "$data/first.pt" --lr 0.015 --lr-adam 0.0022 --decay 0.9
mv "$data/checkpoint.pt" "$data/second.pt"
"$python" train.py --data "$data" --text train --steps 250 --start "$data/second.pt" --lr 0.006 --lr-adam 0.001 --decay 1
mv "$data/checkpoint.pt" "$data/third.pt"
"$python" average.py "$data/second.pt" "$data/third.pt" --share 0.35 --out "$data/checkpoint.pt"
"$python" export.py --checkpoint "$data/checkpoint.pt" --out "$out"
