"""Ten AdamW steps of a tiny GPT: initial state, batches, step-0 logits and gradients, losses, final state."""

import math

import torch
import torch.nn.functional as F

from book import Book
from layers import causal_attention

CONFIG = {
    "vocabulary": 65, "width": 32, "heads": 4, "block": 16, "layers": 2, "batch": 4,
    "gelu": "tanh", "norm_eps": 1e-5, "dropout": 0.0, "tied": True,
}
OPTIMIZER = {
    "name": "adamw", "learning_rate": 1e-3, "betas": [0.9, 0.95], "eps": 1e-8,
    "weight_decay": 0.1, "decayed": "tensors of two or more axes",
}
STEPS = 10


def positions():
    """[T, C]; column 2i holds sin(p / 10000^(2i/C)), column 2i+1 the cosine; computed in float64."""
    width, table = CONFIG["width"], torch.zeros(CONFIG["block"], CONFIG["width"], dtype=torch.float64)
    for position in range(CONFIG["block"]):
        for i in range(width // 2):
            angle = position / 10000.0 ** (2 * i / width)
            table[position, 2 * i], table[position, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table.float()


def initial_state(case):
    width, layers = CONFIG["width"], CONFIG["layers"]
    state = {}

    def linear(name, inputs, outputs, deviation=0.02):
        state[f"{name}.weight"], state[f"{name}.bias"] = case.normal(outputs, inputs) * deviation, torch.zeros(outputs)

    def norm(name):
        state[f"{name}.weight"], state[f"{name}.bias"] = torch.ones(width), torch.zeros(width)

    state["token_embedding.weight"] = case.normal(CONFIG["vocabulary"], width) * 0.02
    for i in range(layers):
        norm(f"blocks.{i}.norm1")
        linear(f"blocks.{i}.attention.query_key_value", width, 3 * width)
        linear(f"blocks.{i}.attention.projection", width, width, 0.02 / math.sqrt(2 * layers))
        norm(f"blocks.{i}.norm2")
        linear(f"blocks.{i}.feed_forward.expand", width, 4 * width)
        linear(f"blocks.{i}.feed_forward.contract", 4 * width, width, 0.02 / math.sqrt(2 * layers))
    norm("final_norm")
    return state


def forward(state, table, indices):
    def pair(name):
        return state[f"{name}.weight"], state[f"{name}.bias"]

    def norm(name, x):
        return F.layer_norm(x, (CONFIG["width"],), *pair(name), CONFIG["norm_eps"])

    embedding = state["token_embedding.weight"]
    x = F.embedding(indices, embedding) * math.sqrt(CONFIG["width"]) + table[:indices.shape[1]]
    for i in range(CONFIG["layers"]):
        block = f"blocks.{i}"
        attention = (*pair(f"{block}.attention.query_key_value"), *pair(f"{block}.attention.projection"))
        x = x + causal_attention(norm(f"{block}.norm1", x), *attention, CONFIG["heads"])
        expanded = F.linear(norm(f"{block}.norm2", x), *pair(f"{block}.feed_forward.expand"))
        x = x + F.linear(F.gelu(expanded, approximate="tanh"), *pair(f"{block}.feed_forward.contract"))
    return norm("final_norm", x) @ embedding.T


def batches(case):
    """Every row walks through the same thirteen of the 65 tokens from a random start: something to learn within ten steps."""
    starts = case.integers(0, 13, STEPS, CONFIG["batch"], 1)
    text = 5 * ((starts + torch.arange(CONFIG["block"] + 1)) % 13)
    return text[..., :-1].contiguous(), text[..., 1:].contiguous()


def build():
    book = Book("gpt")
    case = book.case("gpt", config=CONFIG, optimizer=OPTIMIZER, steps=STEPS)
    keep = lambda name, tensor: book.tensors.__setitem__(name, tensor.detach().clone())
    table, state, (inputs, targets) = positions(), initial_state(case), batches(case)
    for name, tensor in (("positions", table), ("inputs", inputs), ("targets", targets)):
        keep(name, tensor)
    for name, tensor in state.items():
        keep(f"init/{name}", tensor)
        tensor.requires_grad_()
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in state.values() if p.ndim >= 2], "weight_decay": OPTIMIZER["weight_decay"]},
         {"params": [p for p in state.values() if p.ndim < 2], "weight_decay": 0.0}],
        lr=OPTIMIZER["learning_rate"], betas=tuple(OPTIMIZER["betas"]), eps=OPTIMIZER["eps"])
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        logits = forward(state, table, inputs[step])
        loss = F.cross_entropy(logits.reshape(-1, CONFIG["vocabulary"]), targets[step].reshape(-1))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            keep("logits", logits)
            for name, tensor in state.items():
                keep(f"grad/{name}", tensor.grad)
        optimizer.step()
    keep("losses", torch.tensor(losses, dtype=torch.float64))
    for name, tensor in state.items():
        keep(f"final/{name}", tensor)
    return book
