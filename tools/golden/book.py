"""Collects the cases of one golden file: random inputs, outputs, and the gradient of a fixed random projection."""

import json
import zlib

import torch

SEED = 20240229


class Book:
    """All tensors of one file as `case/name`, and the attributes of each case as JSON text under the case's name."""

    def __init__(self, title):
        self.title, self.tensors, self.metadata = title, {}, {}

    def case(self, name, **attributes):
        if name in self.metadata:
            raise ValueError(f"{self.title}: the case {name} is there twice")
        self.metadata[name] = json.dumps(attributes)
        return Case(self, name)


class Case:
    """One case. Its random numbers depend on the file's and the case's name only, so adding a case changes no other."""

    def __init__(self, book, name):
        self.book, self.name = book, name
        self.generator = torch.Generator().manual_seed(SEED + zlib.crc32(f"{book.title}/{name}".encode()))

    def put(self, name, tensor):
        key = f"{self.name}/{name}"
        if key in self.book.tensors:
            raise ValueError(f"{self.book.title}: the tensor {key} is there twice")
        self.book.tensors[key] = tensor.detach().clone().contiguous()

    def normal(self, *shape):
        return torch.randn(shape, generator=self.generator)

    def positive(self, *shape):
        return torch.rand(shape, generator=self.generator) + 0.5

    def integers(self, low, high, *shape):
        return torch.randint(low, high, shape, generator=self.generator)

    def coin(self, *shape):
        return torch.rand(shape, generator=self.generator) < 0.5

    def run(self, function, outputs=("output",), constant=(), **inputs):
        """Calls function with the inputs in order; stores inputs, outputs, loss weights, and `grad_x` for each float input x.

        The loss is the sum over float outputs of sum(output * loss_weight). Inputs named in `constant` get no gradient.
        """
        leaves = {}
        for name, value in inputs.items():
            value = value.detach().clone()
            self.put(name, value)
            leaves[name] = value.requires_grad_(value.is_floating_point() and name not in constant)
        results = function(*leaves.values())
        loss = 0
        for name, result in zip(outputs, results if isinstance(results, tuple) else (results,), strict=True):
            self.put(name, result)
            if result.requires_grad:
                weight = self.normal(*result.shape).to(result.dtype)
                self.put("loss_weight" if name == "output" else f"loss_weight_{name}", weight)
                loss = loss + (result * weight).sum()
        if isinstance(loss, torch.Tensor):
            wanted = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
            for name, gradient in zip(wanted, torch.autograd.grad(loss, list(wanted.values())), strict=True):
                self.put(f"grad_{name}", gradient)
