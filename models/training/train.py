"""Trains the model on two cores: two processes of one thread each share the weights and average their gradients.

    python train.py --steps 2400        a fixed number of steps
    python train.py --minutes 45        as many steps as fit; the learning rate follows the clock

The pid of the first process is written to --pid; stopping it (SIGSTOP) makes the other one wait too.
Matrices are trained with Muon, the embedding and the norms with Adam.
"""

import argparse
import json
import os
import random
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

import tokenizer as tok
from model import Config, Model

HERE = Path(__file__).parent
WORKERS = 2
CONFIG = dict(vocab=tok.SIZE, width=192, layers=7, heads=6, kv_heads=3, hidden=512)
ASK_SHARE = 0.1  # share of the other tokens (prompts) that are learned too


def load(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    tokenizer = tok.load()
    samples = []
    for line in path.open(encoding="utf-8"):
        ids, mask = tok.encode_sample(tokenizer, json.loads(line))
        samples.append((np.array(ids[:1024], dtype=np.int32), weigh(mask)[:1024]))
    return samples


def weigh(mask: list[int]) -> np.ndarray:
    """A weight for each token: short replies count more per token, and so do the first tokens, which decide what the reply is about."""
    weights = np.zeros(len(mask), dtype=np.float32)
    edges = np.flatnonzero(np.diff([0, *mask, 0]))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        weights[start:end] = np.clip((24 / (end - start)) ** 0.5, 0.5, 2)
        if start:
            weights[start : start + 3] *= 3
    return weights


def batches(samples: list, tokens: int, rng: random.Random):
    """Batches of about the same number of tokens, of samples of similar length."""
    while True:
        order = list(range(len(samples)))
        rng.shuffle(order)
        for start in range(0, len(order), 1024):
            pool = sorted(order[start : start + 1024], key=lambda i: len(samples[i][0]))
            groups, group = [], []
            for i in pool:
                if group and len(samples[i][0]) * (len(group) + 1) > tokens:
                    groups.append(group)
                    group = []
                group.append(i)
            groups.append(group)
            rng.shuffle(groups)
            for group in groups:
                yield [samples[i] for i in group]


def tensors(group: list, share: float, generator: torch.Generator | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens, and the weight of each in the loss."""
    length = max(len(ids) for ids, _ in group)
    tokens = torch.zeros(len(group), length, dtype=torch.long)
    weights = torch.zeros(len(group), length)
    for row, (ids, weight) in enumerate(group):
        tokens[row, : len(ids)] = torch.from_numpy(ids.astype(np.int64))
        wanted = torch.from_numpy(weight)
        if share:
            wanted = torch.where((wanted == 0) & (torch.rand(len(ids), generator=generator) < share), 0.5, wanted)
        weights[row, : len(ids)] = wanted
    weights[:, 0] = 0
    return tokens, weights


def loss_of(model: Model, tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    learn = weights[:, 1:] > 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.hidden(tokens[:, :-1])[learn]
        logits = F.linear(hidden, model.embedding.weight)
    losses = F.cross_entropy(logits.float(), tokens[:, 1:][learn], reduction="none")
    chosen = weights[:, 1:][learn]
    return (losses * chosen).sum() / chosen.sum()


@torch.no_grad()
def evaluate(model: Model, samples: list) -> float:
    """Mean loss per reply token."""
    total = count = 0
    for start in range(0, len(samples), 16):
        tokens, weights = tensors(samples[start : start + 16], 0, None)
        n = int((weights > 0).sum())
        total += float(loss_of(model, tokens, (weights > 0).float())) * n
        count += n
    return total / count


def orthogonal(g: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz iteration: the nearest matrix whose singular values are about 1."""
    x = g.bfloat16()
    tall = x.size(0) > x.size(1)
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.T if tall else x).float()


def work(rank: int, model: Model, grads: list[torch.Tensor], barrier, state, options) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(options.seed + rank)
    rng = random.Random(options.seed + rank)
    generator = torch.Generator().manual_seed(options.seed + rank)
    samples = load(options.data / f"{options.text}.jsonl")[rank::WORKERS]
    held = load(options.data / "heldout.jsonl")[:: 1 if options.steps else 4] if rank == 0 else []
    source = batches(samples, options.tokens, rng)
    parameters = list(model.parameters())
    # Each worker updates its share of the matrices; the first one the rest as well.
    matrices = [i for i, p in enumerate(parameters) if p.dim() == 2 and p.shape[0] != CONFIG["vocab"]]
    mine = matrices[rank::WORKERS]
    others = [i for i in range(len(parameters)) if i not in matrices] if rank == 0 else []
    momentum = {i: torch.zeros_like(parameters[i]) for i in mine}
    first = {i: torch.zeros_like(parameters[i]) for i in others}
    second = {i: torch.zeros_like(parameters[i]) for i in others}
    offsets = np.cumsum([0] + [p.numel() for p in parameters])
    log = (options.data / "log.txt").open("a") if rank == 0 else None
    begin = time.time()
    seen = 0
    saved = shown = begin
    average = None
    step = 0
    while True:
        if rank == 0:
            now = time.time()
            state[0] = (now - begin) / (options.minutes * 60) if options.minutes else step / options.steps
        barrier.wait()
        progress = float(state[0])
        if progress >= 1:
            break
        for p in parameters:
            p.grad = None
        for _ in range(options.micro):
            tokens, weights = tensors(next(source), ASK_SHARE, generator)
            seen += tokens.numel()
            loss = loss_of(model, tokens, weights) / options.micro
            loss.backward()
            value = float(loss.detach()) * options.micro
            average = value if average is None else 0.98 * average + 0.02 * value
        for i, p in enumerate(parameters):
            grads[rank][offsets[i] : offsets[i + 1]] = p.grad.flatten()
        barrier.wait()
        rate = min(1.0, (step + 1) / options.warm_up) * min(1.0, (1 - progress) / options.decay)
        with torch.no_grad():
            for i in (*mine, *others):
                p = parameters[i]
                g = sum(grad[offsets[i] : offsets[i + 1]] for grad in grads).view_as(p) / WORKERS
                if i in momentum:
                    momentum[i].mul_(0.95).add_(g)
                    update = orthogonal(g + 0.95 * momentum[i])
                    p.mul_(1 - rate * options.lr * 0.02)
                    p.add_(update, alpha=-rate * options.lr * max(1.0, p.shape[0] / p.shape[1]) ** 0.5)
                else:
                    first[i].lerp_(g, 0.1)
                    second[i].lerp_(g * g, 0.05)
                    m = first[i] / (1 - 0.9 ** (step + 1))
                    v = second[i] / (1 - 0.95 ** (step + 1))
                    p.add_(m / (v.sqrt() + 1e-8), alpha=-rate * options.lr_adam)
        barrier.wait()
        step += 1
        if rank == 0:
            now = time.time()
            if now - shown > 20:
                shown = now
                print(f"step {step} {progress:6.1%} loss {average:.3f} {seen * WORKERS / (now - begin):.0f} tokens/s", file=log, flush=True)
            if now - saved > 240:
                saved = now
                print(f"step {step} held out {evaluate(model, held):.4f}", file=log, flush=True)
                save(model, options, step, seen * WORKERS, now - begin)
    if rank == 0:
        final = evaluate(model, load(options.data / "heldout.jsonl"))
        print(f"done: steps {step} tokens {seen * WORKERS} seconds {time.time() - begin:.0f} train loss {average:.4f} held out {final:.4f}", file=log, flush=True)
        save(model, options, step, seen * WORKERS, time.time() - begin)


def save(model: Model, options, step: int, tokens: int, seconds: float) -> None:
    path = options.data / "checkpoint.pt"
    torch.save({"config": model.config.__dict__, "model": model.state_dict(), "step": step, "tokens": tokens, "seconds": seconds}, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=HERE / "data")
    parser.add_argument("--text", default="train", help="train or short")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--tokens", type=int, default=2048, help="padded tokens per batch")
    parser.add_argument("--micro", type=int, default=1, help="batches per worker and step")
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--lr-adam", type=float, default=0.003)
    parser.add_argument("--decay", type=float, default=0.7, help="share of the run in which the learning rate falls")
    parser.add_argument("--warm-up", type=int, default=60, help="steps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--pid", type=Path)
    options = parser.parse_args()
    if not options.steps and not options.minutes:
        parser.error("give --steps or --minutes")
    if options.pid:
        options.pid.write_text(f"{os.getpid()}\n")
    torch.manual_seed(options.seed)
    model = Model(Config(**CONFIG))
    if options.start:
        model.load_state_dict(torch.load(options.start)["model"])
    model.share_memory()
    size = sum(p.numel() for p in model.parameters())
    print("parameters", size, flush=True)
    grads = [torch.zeros(size).share_memory_() for _ in range(WORKERS)]
    state = torch.zeros(1, dtype=torch.float64).share_memory_()
    context = mp.get_context("spawn")
    barrier = context.Barrier(WORKERS)
    others = [context.Process(target=work, args=(rank, model, grads, barrier, state, options), daemon=True) for rank in range(1, WORKERS)]
    for process in others:
        process.start()
    work(0, model, grads, barrier, state, options)
    for process in others:
        process.join()


if __name__ == "__main__":
    main()
