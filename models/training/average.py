"""Averages two checkpoints: python average.py A B --share 0.25 (of B) --out data/average.pt"""

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("a", type=Path)
    parser.add_argument("b", type=Path)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    a, b = (torch.load(path, weights_only=True) for path in (options.a, options.b))
    mixed = {name: torch.lerp(weight, b["model"][name], options.share) for name, weight in a["model"].items()}
    torch.save({**a, "model": mixed}, options.out)


if __name__ == "__main__":
    main()
