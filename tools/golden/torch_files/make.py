#!/usr/bin/python3
"""Writes what torch.save writes, for the tests of the PyTorch reader, or checks that the stored files hold what this script saves.

    /usr/bin/python3 tools/golden/torch_files/make.py            writes tests/Ballast.Tests/Golden/torch
    /usr/bin/python3 tools/golden/torch_files/make.py --check    loads the files there and compares them with a fresh run

Legacy files name their storages by addresses, so two runs give different bytes and equal values.
"""

import collections
import io
import pathlib
import pickle
import sys
import zipfile

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import safetensors_io  # noqa: E402

TARGET = HERE.parent.parent.parent / "tests" / "Ballast.Tests" / "Golden" / "torch"
PROTOCOLS = (2, 3, 4)
LIMIT = 40_000  # bytes per file


def dtypes():
    """Every dtype that a tensor can have, with its extremes."""
    floats = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan"), 1e-7]
    state = {str(d)[6:]: torch.tensor(floats, dtype=d) for d in (torch.float32, torch.float64, torch.float16, torch.bfloat16)}
    for d in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        info = torch.iinfo(d)
        state[str(d)[6:]] = torch.tensor([info.min, info.max, 0, 1, 7], dtype=d)
    state["bool"] = torch.tensor([True, False, True])
    return state


def layouts():
    """Strides, offsets, scalars, nothing at all, and several tensors over one storage."""
    base = torch.arange(24, dtype=torch.float32)
    return {
        "dense": torch.arange(6, dtype=torch.int32).reshape(2, 3), "scalar": torch.tensor(3.5), "empty": torch.empty(0, 3),
        "empty_middle": torch.empty(2, 0, 3, dtype=torch.int64), "whole": base.reshape(4, 6), "transposed": base.reshape(4, 6).t(),
        "row": base.reshape(4, 6)[2], "column": base.reshape(4, 6)[:, 1], "steps": base[1::3], "stretched": torch.tensor([[1.0], [2.0]]).expand(2, 4),
        "windows": base.unfold(0, 4, 2), "channels_last": torch.arange(48, dtype=torch.float32).reshape(1, 3, 4, 4).to(memory_format=torch.channels_last),
        "tie": base.reshape(4, 6), "eight": torch.arange(8.0).reshape(1, 1, 2, 1, 2, 1, 2, 1),
    }


class Net(torch.nn.Module):
    """Ties, a BatchNorm (state version 2), a parameter that is frozen, extra state."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(5, 4)
        self.norm = torch.nn.BatchNorm1d(4)
        self.head = torch.nn.Linear(4, 5, bias=False)
        self.head.weight = self.embedding.weight
        self.scale = torch.nn.Parameter(torch.tensor(2.0), requires_grad=False)

    def forward(self, index):
        return self.head(self.norm(self.embedding(index))) * self.scale


def checkpoint():
    """What a training script saves: a module, its optimizer, and plain values of every kind."""
    torch.manual_seed(7)
    net = Net()
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-3)
    net(torch.arange(5)).sum().backward()
    optimizer.step()
    return {
        "model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.125, "note": "naïve ☃", "none": None,
        "flags": (True, False), "numbers": [0, 255, 65535, -1, 2**31, -2**40, 2**70, -2**70], "empty": ((), [], {}),
        "names": {"b", "a"}, "frozen": frozenset([1, 2]), "raw": b"\x00\xff", "no_bytes": b"", "size": torch.Size([2, 3]),
        "dtype": torch.bfloat16, "device": torch.device("cuda", 1), "complex": 1 + 2j, ("pair", 1): "tuple key", 5: "number key",
        "parameter": torch.nn.Parameter(torch.ones(2), requires_grad=False), "deep": [{"w": [torch.arange(3)]}],
    }


def state():
    """A plain state dict with its _metadata."""
    torch.manual_seed(7)
    return Net().state_dict()


def storages():
    """Storages themselves, typed and untyped."""
    values = torch.arange(4, dtype=torch.int16)
    return {"typed": values.storage(), "untyped": torch.arange(3, dtype=torch.uint8).storage().untyped(), "tensor": values}


def parameter_state():
    """A parameter with an attribute of its own, which newer versions save with its state."""
    return collections.OrderedDict(weight=torch.nn.Parameter(torch.arange(3.0)), bias=torch.nn.Parameter(torch.zeros(1), requires_grad=False))


CASES = {"dtypes": dtypes, "layouts": layouts, "checkpoint": checkpoint, "state": state}
SINGLE = {"storages": storages, "parameters": parameter_state}
REFUSED = {
    "module": Net, "quantized": lambda: {"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
    "sparse": lambda: {"s": torch.eye(2).to_sparse()}, "numpy_scalar": lambda: {"n": torch.ones(1).numpy().sum()},
    "complex": lambda: {"c": torch.tensor([1 + 2j]), "w": torch.ones(1)},
}


def save(value, path, protocol=2, legacy=False):
    """As torch.save, under a fixed name inside the file."""
    buffer = io.BytesIO()
    torch.save(value, buffer, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    path.write_bytes(buffer.getvalue())


def tensors(value, path=""):
    """All tensors by path, keys and indices joined by dots."""
    if isinstance(value, torch.Tensor):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for key, item in items:
        yield from tensors(item, f"{path}.{key}" if path else str(key))


def files():
    """Name, value, protocol and form of every file."""
    for name, build in CASES.items():
        for protocol in PROTOCOLS:
            yield f"{name}-zip-{protocol}.pt", build, protocol, False
            yield f"{name}-legacy-{protocol}.pt", build, protocol, True
    for name, build in (SINGLE | REFUSED).items():
        yield f"{name}-zip-2.pt", build, 2, False
        # The legacy form of a module holds the source text of its classes; that of an untyped storage PyTorch 1.13 cannot read itself.
        if name not in ("module", "storages"):
            yield f"{name}-legacy-2.pt", build, 2, True


def expected():
    """The values of the cases, dense, as CASE/PATH."""
    found = {}
    for name, build in (CASES | {"parameters": parameter_state}).items():
        for path, tensor in tensors(build()):
            found[f"{name}/{path}"] = tensor.detach().contiguous().clone()
    return found


def same(left, right):
    """Equal names, dtypes, shapes, strides and bits."""
    left, right = dict(tensors(left)), dict(tensors(right))
    return left.keys() == right.keys() and all(
        left[k].dtype == right[k].dtype and left[k].shape == right[k].shape and left[k].stride() == right[k].stride()
        and safetensors_io.to_bytes(left[k]) == safetensors_io.to_bytes(right[k]) for k in left)


def check():
    wrong = 0
    for name, build, _, _ in files():
        if name.split("-")[0] in REFUSED:
            continue
        if not same(torch.load(TARGET / name), build()):
            print(f"{name}: differs")
            wrong += 1
    found, _ = safetensors_io.read(TARGET / "expected.safetensors")
    if not same(found, expected()):
        print("expected.safetensors: differs")
        wrong += 1
    return wrong


def main():
    torch.set_num_threads(1)
    if "--check" in sys.argv:
        return 1 if check() else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, build, protocol, legacy in files():
        save(build(), TARGET / name, protocol, legacy)
        if (TARGET / name).stat().st_size > LIMIT:
            raise ValueError(f"{name} is larger than {LIMIT:,} bytes")
    (TARGET / "plain.pkl").write_bytes(pickle.dumps({"a": 1}, protocol=2))
    with zipfile.ZipFile(TARGET / "state-zip-2.pt") as source, zipfile.ZipFile(TARGET / "compressed.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        for item in source.namelist():
            packed.writestr(zipfile.ZipInfo(item), source.read(item), zipfile.ZIP_DEFLATED)
    safetensors_io.write(TARGET / "expected.safetensors", expected(), {"torch": torch.__version__})
    print(f"{len(list(TARGET.iterdir()))} files, {sum(p.stat().st_size for p in TARGET.iterdir()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
