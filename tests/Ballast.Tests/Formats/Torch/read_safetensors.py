"""Reads a safetensors file into PyTorch and saves it there: read_safetensors.py IN.safetensors OUT.pt [MODULE_SCRIPT CLASS]

With a script and a class, the state also goes through a module of that class: load_state_dict(strict=True), then state_dict().
"""

import importlib.util
import json
import pathlib
import struct
import sys

import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}


def read(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header, data, state = json.loads(raw[8:8 + length]), raw[8 + length:], {}
    metadata = header.pop("__metadata__", {})
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=dtype) if end > begin else torch.empty(0, dtype=dtype)
        state[name] = flat.reshape(entry["shape"])
    # A name in the metadata that stands for a tensor is tied to it.
    state.update({name: state[first] for name, first in metadata.items() if first in state and name not in state})
    return state


state = read(pathlib.Path(sys.argv[1]))
if len(sys.argv) > 3:
    spec = importlib.util.spec_from_file_location("script", sys.argv[3])
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    module = getattr(script, sys.argv[4])()
    module.load_state_dict(state, strict=True)
    state = module.state_dict()
torch.save(state, sys.argv[2])
