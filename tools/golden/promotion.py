"""The dtype of every mixed sum and quotient, as names without the `torch.` prefix."""

import torch

NAMES = ["float32", "float64", "bfloat16", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
SCALARS = {"int": 2, "float": 1.5, "bool": True}


def name(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def build():
    vectors = {n: torch.ones(2, dtype=getattr(torch, n)) for n in NAMES}
    points = {n: torch.ones((), dtype=getattr(torch, n)) for n in NAMES}
    return {
        "dtypes": NAMES,
        "tensor_tensor": {a: {b: name(vectors[a] + vectors[b]) for b in NAMES} for a in NAMES},
        "tensor_zero_dim": {a: {b: name(vectors[a] + points[b]) for b in NAMES} for a in NAMES},
        "tensor_scalar": {a: {s: name(vectors[a] + value) for s, value in SCALARS.items()} for a in NAMES},
        "zero_dim_scalar": {a: {s: name(points[a] + value) for s, value in SCALARS.items()} for a in NAMES},
        "divide_tensor_tensor": {a: {b: name(vectors[a] / vectors[b]) for b in NAMES} for a in NAMES},
        "divide_tensor_zero_dim": {a: {b: name(vectors[a] / points[b]) for b in NAMES} for a in NAMES},
        "divide_tensor_scalar": {a: {s: name(vectors[a] / value) for s, value in SCALARS.items()} for a in NAMES},
    }
