#!/usr/bin/python3
"""Makes the golden files from PyTorch, or checks that they are what this script makes.

    /usr/bin/python3 tools/golden/make.py            writes tests/Ballast.Tests/Golden
    /usr/bin/python3 tools/golden/make.py --check    compares that folder, tolerance 1e-6
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys
import tempfile

# Fixed before torch is loaded: one code path and one thread, so that a second run gives the same bytes.
os.environ["ATEN_CPU_CAPABILITY"] = "default"
os.environ["OMP_NUM_THREADS"] = "1"

import torch  # noqa: E402

import book  # noqa: E402
import draws  # noqa: E402
import gpt  # noqa: E402
import layers  # noqa: E402
import ops  # noqa: E402
import optimizers  # noqa: E402
import printing  # noqa: E402
import promotion  # noqa: E402
import safetensors_io  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "tests" / "Ballast.Tests" / "Golden"
TOLERANCE = 1e-6
SMALL, GPT_LIMIT = 200_000, 400_000  # bytes per file; the GPT file holds three copies of 27,552 parameters
BOOKS = {"layers": layers, "ops": ops, "optimizers": optimizers, "gpt": gpt, "random": draws}
TABLES = {"promotion": promotion.build, "schedules": optimizers.schedules, "printing": printing.build}


def script_hash():
    """SHA-256 over the scripts in this folder, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def make(folder):
    """Writes every golden file into the folder; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    origin = {
        "torch": torch.__version__, "cpu_capability": os.environ["ATEN_CPU_CAPABILITY"],
        "seed": str(book.SEED), "script_sha256": script_hash(),
    }
    names = []
    for name, module in BOOKS.items():
        made = module.build()
        safetensors_io.write(folder / f"{name}.safetensors", made.tensors, origin | made.metadata)
        names.append(f"{name}.safetensors")
    for name, build in TABLES.items():
        (folder / f"{name}.json").write_text(json_text(build()))
        names.append(f"{name}.json")
    for name in names:
        size, limit = (folder / name).stat().st_size, GPT_LIMIT if name.startswith("gpt") else SMALL
        if size > limit:
            raise ValueError(f"{name}: {size:,} bytes, the limit is {limit:,}; store fewer or smaller cases")
    return names


def json_text(value):
    """A list gets one line per entry, an object one line per key."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]\n"
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in value.items()) + "\n}\n"


def differs(left, right):
    """True if the shapes or dtypes differ, or any element by more than TOLERANCE, relative above 1; NaN equals NaN."""
    if left.dtype != right.dtype or left.shape != right.shape:
        return True
    if not left.is_floating_point():
        return not torch.equal(left, right)
    return not torch.allclose(left.double(), right.double(), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)


def compare_safetensors(made, found):
    (left, origin), (right, found_origin) = safetensors_io.read(made), safetensors_io.read(found)
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            yield f"the tensor {name} is only in the {'made' if name in left else 'stored'} file"
        elif differs(left[name], right[name]):
            yield f"the tensor {name} differs"
    for key in sorted(origin.keys() | found_origin.keys()):
        if origin.get(key) != found_origin.get(key):
            yield f"the metadata {key} is {found_origin.get(key)}, made now: {origin.get(key)}"


def compare_json(made, found):
    if not close(json.loads(made.read_text()), json.loads(found.read_text())):
        yield "the tables differ"


def close(left, right):
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= TOLERANCE * max(1.0, abs(left))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(close(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(close, left, right))
    return type(left) is type(right) and left == right


def check(folder):
    """Prints every difference between the folder and a fresh run; returns how many there are."""
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in make(pathlib.Path(scratch)):
            made, found = pathlib.Path(scratch) / name, folder / name
            if not found.exists():
                problems = ["missing"]
            else:
                problems = list((compare_json if name.endswith(".json") else compare_safetensors)(made, found))
            for problem in problems:
                print(f"{name}: {problem}")
            count += len(problems)
            if not problems:
                print(f"{name}: same bytes" if made.read_bytes() == found.read_bytes() else f"{name}: equal within {TOLERANCE}")
    return count


def main():
    parser = argparse.ArgumentParser(description="Makes or checks the golden files.")
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=TARGET, help="where the files are (default: the tests' folder)")
    parser.add_argument("--check", action="store_true", help="compare the folder with a fresh run and write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.check:
        return 1 if check(options.folder) else 0
    for name in make(options.folder):
        print(f"{(options.folder / name).stat().st_size:>8,} bytes  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
