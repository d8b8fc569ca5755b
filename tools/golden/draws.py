"""What the CPU generator draws, each right after manual_seed. Tensor names: `case/seed_S`, or `case/seed_S_part`."""

import torch
import torch.nn.functional as F

from book import Book

SEEDS = (0, 42, 123)
WEIGHTS = [0.1, 0.4, 0.0, 1.2, 0.3]


def module(make):
    """The parameters of a fresh module, then the next uniform draw."""
    def draw():
        made = make()
        return dict(made.named_parameters()) | {"next": torch.rand(1)}
    return draw


def cached_normal():
    return {"normal_3": torch.randn(3), "uniform_2": torch.rand(2), "normal_2": torch.randn(2)}


def saved_state():
    """Three draws, a saved state in mid-pair, three more; the same three again after the state is restored."""
    first, state = torch.randn(3), torch.get_rng_state()
    second = torch.randn(3)
    torch.set_rng_state(state)
    return {"first": first, "second": second, "again": torch.randn(3)}


DRAWS = {
    "rand_40_float32": ("rand(40)", lambda: torch.rand(40)),
    "rand_40_float64": ("rand(40), float64", lambda: torch.rand(40, dtype=torch.float64)),
    "rand_40_float16": ("rand(40), float16", lambda: torch.rand(40, dtype=torch.float16)),
    "rand_40_bfloat16": ("rand(40), bfloat16", lambda: torch.rand(40, dtype=torch.bfloat16)),
    "rand_700_float32": ("rand(700)[-40:], past the first 624 words", lambda: torch.rand(700)[-40:]),
    **{f"randn_{n}_{d}".replace("torch.", ""): (f"randn({n}), {d}".replace("torch.", ""), lambda n=n, d=d: torch.randn(n, dtype=d))
       for n in (5, 15, 16, 18, 33) for d in (torch.float32, torch.float64)},
    "randint_10": ("randint(0, 10, (20,))", lambda: torch.randint(0, 10, (20,))),
    "randint_negative": ("randint(-5, 100, (20,))", lambda: torch.randint(-5, 100, (20,))),
    "randint_wide": ("randint(0, 2^40, (20,))", lambda: torch.randint(0, 2 ** 40, (20,))),
    "randint_wide_negative": ("randint(-2^50, 2^50, (20,))", lambda: torch.randint(-2 ** 50, 2 ** 50, (20,))),
    "randperm_10": ("randperm(10)", lambda: torch.randperm(10)),
    "bernoulli_number": ("empty(20).bernoulli_(0.3)", lambda: torch.empty(20).bernoulli_(0.3)),
    "bernoulli_tensor": ("bernoulli(full((20,), 0.3))", lambda: torch.bernoulli(torch.full((20,), 0.3))),
    "dropout": ("dropout(ones(8), 0.5)", lambda: F.dropout(torch.ones(8), 0.5)),
    "dropout_tenth": ("dropout(ones(40), 0.1)", lambda: F.dropout(torch.ones(40), 0.1)),
    "multinomial_replacement": ("multinomial(weights, 8, replacement=True)", lambda: torch.multinomial(torch.tensor(WEIGHTS), 8, True)),
    "multinomial_distinct": ("multinomial(weights, 4), without replacement", lambda: torch.multinomial(torch.tensor(WEIGHTS), 4)),
    "multinomial_one": ("multinomial(weights, 1)", lambda: torch.multinomial(torch.tensor(WEIGHTS), 1)),
    "multinomial_rows": ("multinomial(stack((weights, flip(weights))), 6, replacement=True)",
                         lambda: torch.multinomial(torch.tensor([WEIGHTS, WEIGHTS[::-1]]), 6, True)),
    "uniform_range": ("empty(20).uniform_(-2, 3)", lambda: torch.empty(20).uniform_(-2, 3)),
    "normal_small": ("empty(7).normal_(1, 0.5)", lambda: torch.empty(7).normal_(1, 0.5)),
    "normal_block": ("empty(20).normal_(1, 0.5)", lambda: torch.empty(20).normal_(1, 0.5)),
    "uniform_transposed": ("empty(2, 3).T.uniform_()", lambda: torch.empty(2, 3).T.uniform_()),
    "normal_transposed_small": ("empty(2, 3).T.normal_()", lambda: torch.empty(2, 3).T.normal_()),
    "normal_transposed_large": ("empty(4, 5).T.normal_()", lambda: torch.empty(4, 5).T.normal_()),
    "cached_normal": ("randn(3); rand(2); randn(2)", cached_normal),
    "saved_state": ("randn(3); save; randn(3); restore; randn(3)", saved_state),
    "linear_3_2": ("Linear(3, 2); rand(1)", module(lambda: torch.nn.Linear(3, 2))),
    "linear_3_2_no_bias": ("Linear(3, 2, bias=False); rand(1)", module(lambda: torch.nn.Linear(3, 2, bias=False))),
    "linear_20_30": ("Linear(20, 30); rand(1)", module(lambda: torch.nn.Linear(20, 30))),
    "embedding_3_2": ("Embedding(3, 2); rand(1)", module(lambda: torch.nn.Embedding(3, 2))),
    "embedding_4_5": ("Embedding(4, 5); rand(1)", module(lambda: torch.nn.Embedding(4, 5))),
    "embedding_4_5_padding": ("Embedding(4, 5, padding_idx=1); rand(1)", module(lambda: torch.nn.Embedding(4, 5, padding_idx=1))),
    "conv2d_1_1_2": ("Conv2d(1, 1, 2); rand(1)", module(lambda: torch.nn.Conv2d(1, 1, 2))),
}


def build():
    book = Book("random")
    book.case("multinomial_weights", weights=WEIGHTS).put("weights", torch.tensor(WEIGHTS))
    for name, (call, draw) in DRAWS.items():
        case = book.case(name, call=call)
        for seed in SEEDS:
            torch.manual_seed(seed)
            result = draw()
            for part, tensor in (result.items() if isinstance(result, dict) else [("", result)]):
                case.put(f"seed_{seed}" + (f"_{part}" if part else ""), tensor)
    return book
