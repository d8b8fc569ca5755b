#!/usr/bin/env python3
"""Ballast and PyTorch on one GPU, side by side in one call: matrix products, softmax, layer norm, attention, AdamW, GPT-2 124M.

    python3 compare.py --runner ./Ballast.DeviceRunner --device cuda:0 --json compare.json

The runner measures our side (tests/Ballast.DeviceRunner); this file measures PyTorch on the same names and sizes. See README.md.
"""
import argparse
import json
import math
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SAMPLES, SAMPLE_SECONDS, WARM_UPS = 7, 0.05, 3


class Meter:
    """The median of seven samples, each of as many calls as fill it and one wait for the device; warmed up first. As in the runner."""

    def __init__(self, device):
        self.device = device

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def seconds(self, calls, once):
        self.wait()
        start = time.perf_counter()
        for _ in range(calls):
            once()
        self.wait()
        return (time.perf_counter() - start) / calls

    def median_ms(self, once):
        first = min(self.seconds(1, once) for _ in range(WARM_UPS))
        calls = int(min(max(SAMPLE_SECONDS / first, 1), 1000))
        self.seconds(calls, once)
        return sorted(self.seconds(calls, once) for _ in range(SAMPLES))[SAMPLES // 2] * 1e3


def attend(q, k, v):
    """Causal attention: the fused kernels of PyTorch 2, or products and softmax on version 1."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    length = q.shape[-2]
    hidden = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
    scores = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
    return scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.qkv, self.projection = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.expand, self.contract = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (p.view(batch, length, self.heads, -1).transpose(1, 2) for p in self.qkv(self.norm1(x)).chunk(3, -1))
        x = x + self.projection(attend(q, k, v).transpose(1, 2).reshape(batch, length, width))
        return x + self.contract(F.gelu(self.expand(self.norm2(x)), approximate="tanh"))


class Gpt(torch.nn.Module):
    """The model of src/Ballast.Modules/Models/Gpt.cs: pre-norm blocks, sinusoidal positions, tied head, no dropout."""

    def __init__(self, vocabulary, block, width, heads, layers):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, width)
        torch.nn.init.normal_(self.embedding.weight, 0, 0.02)
        at, column = torch.arange(block).unsqueeze(1), torch.arange(width)
        angle = at / 10000 ** ((column - column % 2) / width)
        self.register_buffer("positions", torch.where(column % 2 == 0, angle.sin(), angle.cos()))
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.embedding(tokens) * math.sqrt(self.embedding.embedding_dim) + self.positions[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.embedding.weight)


def rows(device, quick, sizes):
    """Name and action of each measurement, under the names of the runner's MicroBenchmarks."""

    def draw(dtype, *shape):
        return (torch.rand(*shape, device=device) * 2 - 1).to(dtype)

    for n in [128] if quick else sizes:
        for name, dtype in DTYPES.items():
            a, b = draw(dtype, n, n), draw(dtype, n, n)
            yield f"gemm {name} {n}", lambda a=a, b=b: a @ b
    count, width = (64, 256) if quick else (4096, 4096)
    x = draw(torch.float32, count, width)
    yield f"softmax float32 {count}x{width}", lambda x=x: x.softmax(-1)
    lines = 64 if quick else 8192
    y, weight, bias = draw(torch.float32, lines, 768), draw(torch.float32, 768), draw(torch.float32, 768)
    yield f"layer_norm float32 {lines}x768", lambda: F.layer_norm(y, (768,), weight, bias)
    batch, heads, length = (1, 2, 64) if quick else (8, 12, 1024)
    for name, dtype in DTYPES.items():
        q, k, v = (draw(dtype, batch, heads, length, 64) for _ in range(3))
        yield f"attention {name} causal {batch}x{heads}x{length}x64", lambda q=q, k=k, v=v: attend(q, k, v)
    number, edge = (4, 64) if quick else (32, 1024)
    parameters = [torch.nn.Parameter(draw(torch.float32, edge, edge)) for _ in range(number)]
    for p in parameters:
        p.grad = draw(torch.float32, edge, edge)
    yield f"adamw float32 {number}x{edge}x{edge}", adamw(parameters, device).step
    mib = 1 if quick else 64
    there, host = torch.ones(mib << 18, device=device), torch.ones(mib << 18)
    yield f"copy to device {mib} MiB", lambda: there.copy_(host)
    yield f"copy to host {mib} MiB", lambda: host.copy_(there)


def adamw(parameters, device):
    try:
        return torch.optim.AdamW(parameters, 1e-4, fused=device.type == "cuda")
    except (TypeError, RuntimeError):  # version 1 has no such argument
        return torch.optim.AdamW(parameters, 1e-4)


def gpt_rows(device, quick):
    vocabulary, block, width, heads, layers = (65, 64, 64, 4, 2) if quick else (50257, 1024, 768, 12, 12)
    name, batch, prompt, decoded = ("gpt-small", 2, 8, 8) if quick else ("gpt2-124m", 4, 128, 8)
    for label, dtype in DTYPES.items():
        model = Gpt(vocabulary, block, width, heads, layers).to(device, dtype)
        tokens = torch.randint(vocabulary, (batch, block), device=device)
        start = torch.randint(vocabulary, (1, prompt), device=device)

        @torch.no_grad()
        def forward():
            model(tokens)

        @torch.no_grad()
        def decode():  # the whole context for each token, as on our side
            context = start
            for _ in range(decoded):
                context = torch.cat([context, model(context)[:, -1].argmax(-1, keepdim=True)], 1)

        optimizer = adamw(model.parameters(), device)

        def train():
            optimizer.zero_grad()
            F.cross_entropy(model(tokens).view(-1, vocabulary), tokens.view(-1)).backward()
            optimizer.step()

        yield f"{name} forward {label} {batch}x{block}", forward
        yield f"{name} decode {label} {decoded} after {prompt}", decode
        yield f"{name} train {label} {batch}x{block}", train
        del model, optimizer


def ours(options):
    """Name to milliseconds, rate and unit, as the runner measured them; and its report of the device."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [options.runner, "--device", options.device, "--only", "bench", "--json", file.name, "--gemm", *map(str, options.gemm)]
        command += ["--filter", options.filter] if options.filter else []
        command += ["--quick"] if options.quick else []
        command += ["--gpt2"] if options.gpt else []
        subprocess.run(command, check=True, stdout=sys.stderr)
        report = json.load(open(file.name))["devices"][0]
    return {b["name"]: b for b in report["benchmarks"]}, report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runner", required=True, help="the published Ballast.DeviceRunner")
    parser.add_argument("--device", default="cuda:0", help="cuda:0; cpu to try the script out")
    parser.add_argument("--gemm", type=int, nargs="+", default=[1024, 2048, 4096])
    parser.add_argument("--filter", default="", help="only names that contain this")
    parser.add_argument("--quick", action="store_true", help="small sizes: proves that the script works, measures nothing of interest")
    parser.add_argument("--no-gpt", dest="gpt", action="store_false", help="leave the GPT out")
    parser.add_argument("--tf32", action="store_true", help="let PyTorch round float32 products to tf32 (it does not unless asked)")
    parser.add_argument("--json", help="write the rows here")
    options = parser.parse_args()
    device = torch.device(options.device)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = options.tf32
    mine, report = ours(options)
    meter = Meter(device)
    what = torch.cuda.get_device_name(device) if device.type == "cuda" else "the CPU"
    print(f"ballast: {report['description']} {report['driver']}\npytorch: {torch.__version__} on {what}")
    print(f"{'row':<44}{'ballast ms':>12}{'pytorch ms':>12}{'ratio':>8}{'ballast':>12}{'pytorch':>12}  rate")
    results = []
    peers = list_all(device, options)
    for name, action in peers:
        if options.filter.lower() not in name.lower():
            continue
        if name not in mine:
            sys.exit(f"{name}: the runner did not measure it; script and runner are of two versions")
        theirs, row = meter.median_ms(action), mine[name]
        rate = row["rate"] * row["milliseconds"] / theirs
        ratio = theirs / row["milliseconds"]
        print(f"{name:<44}{row['milliseconds']:12.4f}{theirs:12.4f}{ratio:8.2f}{row['rate']:12.1f}{rate:12.1f}  {row['unit']}", flush=True)
        results.append({"name": name, "ours": row["milliseconds"], "peer": theirs, "unit": "ms", "ratio": ratio})
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"ballast": report["description"], "driver": report["driver"], "pytorch": torch.__version__, "device": what, "rows": results}, file, indent=2)
    print(f"{len(results)} rows; ratio: PyTorch's time over ours, so above 1 we are ahead")
    return 0 if results else 1


def list_all(device, options):
    yield from rows(device, options.quick, options.gemm)
    if options.gpt:
        yield from gpt_rows(device, options.quick)


if __name__ == "__main__":
    sys.exit(main())
