"""Six steps of each optimizer with given gradients, gradient clipping, and learning-rate schedules."""

import math

import torch

from book import Book

STEPS = 6
SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
CASES = {
    "sgd": (SGD, {"lr": 0.1}),
    "sgd_momentum": (SGD, {"lr": 0.1, "momentum": 0.9}),
    "sgd_nesterov": (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "sgd_weight_decay": (SGD, {"lr": 0.1, "weight_decay": 0.05}),
    "sgd_dampening": (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.4}),
    "sgd_momentum_weight_decay": (SGD, {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1}),
    "sgd_nesterov_weight_decay": (SGD, {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    "adam": (ADAM, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}),
    "adam_betas": (ADAM, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4}),
    "adam_weight_decay": (ADAM, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1}),
    "adam_amsgrad": (ADAM, {"lr": 0.01, "betas": (0.9, 0.6), "eps": 1e-8, "amsgrad": True}),
    "adamw": (ADAMW, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1}),
    "adamw_no_decay": (ADAMW, {"lr": 0.01, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.0}),
    "adamw_amsgrad": (ADAMW, {"lr": 0.01, "betas": (0.9, 0.6), "eps": 1e-8, "weight_decay": 0.1, "amsgrad": True}),
}


def parameters(case):
    start = {"weight": case.normal(3, 4), "bias": case.normal(4)}
    gradients = {"weight": case.normal(STEPS, 3, 4), "bias": case.normal(STEPS, 4)}
    # Shrinking gradients let the second moments of a small beta2 fall, so that amsgrad differs from plain Adam.
    fade = torch.tensor([1.0, 4.0, 2.0, 0.5, 0.25, 0.125])
    gradients = {name: value * fade.reshape(-1, *[1] * (value.ndim - 1)) for name, value in gradients.items()}
    for name in start:
        case.put(f"{name}/start", start[name])
        case.put(f"{name}/gradients", gradients[name])
    return {name: value.clone().requires_grad_() for name, value in start.items()}, gradients


def run(case, optimizer, leaves, gradients):
    history = {name: [] for name in leaves}
    for step in range(STEPS):
        for name, leaf in leaves.items():
            leaf.grad = gradients[name][step].clone()
        optimizer.step()
        for name, leaf in leaves.items():
            history[name].append(leaf.detach().clone())
    for name, values in history.items():
        case.put(f"{name}/steps", torch.stack(values))


def clip_cases(book):
    limits = {"clip_norm_2": (1.0, 2.0), "clip_norm_1": (3.0, 1.0), "clip_norm_inf": (0.5, math.inf), "clip_norm_small": (1000.0, 2.0)}
    for name, (limit, kind) in limits.items():
        case = book.case(name, op="clip_grad_norm", max_norm=limit, norm="inf" if kind == math.inf else kind)
        leaves = [torch.zeros(3, 4, requires_grad=True), torch.zeros(4, requires_grad=True)]
        for i, leaf in enumerate(leaves):
            leaf.grad = case.normal(*leaf.shape)
            case.put(f"gradient_{i}", leaf.grad)
        case.put("total_norm", torch.nn.utils.clip_grad_norm_(leaves, limit, kind))
        for i, leaf in enumerate(leaves):
            case.put(f"clipped_{i}", leaf.grad)


def build():
    book = Book("optimizers")
    for name, (kind, options) in CASES.items():
        defaults = {"weight_decay": 0.0} | ({"momentum": 0.0, "dampening": 0.0, "nesterov": False} if kind is SGD else {"amsgrad": False})
        case = book.case(name, optimizer=kind.__name__, **(defaults | options))
        leaves, gradients = parameters(case)
        run(case, kind(list(leaves.values()), **({"weight_decay": 0.0} | options)), leaves, gradients)
    groups = [{"params": ["weight"], "lr": 0.02, "weight_decay": 0.2}, {"params": ["bias"], "lr": 0.005, "weight_decay": 0.0}]
    case = book.case("adamw_groups", optimizer="AdamW", betas=(0.9, 0.999), eps=1e-8, amsgrad=False, groups=groups)
    leaves, gradients = parameters(case)
    run(case, ADAMW([group | {"params": [leaves[name] for name in group["params"]]} for group in groups]), leaves, gradients)
    clip_cases(book)
    return book


def schedules():
    """Learning rates as PyTorch's schedulers give them, step 0 first; each is checked here against its closed form."""
    library = torch.optim.lr_scheduler
    cosine = lambda t, high, low, period: low + (high - low) * (1 + math.cos(math.pi * t / period)) / 2
    table = [  # name, class, start, steps, options, closed form
        ("cosine", "CosineAnnealingLR", 0.1, 10, {"T_max": 10, "eta_min": 0.01}, lambda t: cosine(t, 0.1, 0.01, 10)),
        ("cosine_to_zero", "CosineAnnealingLR", 3e-4, 25, {"T_max": 25, "eta_min": 0.0}, lambda t: cosine(t, 3e-4, 0.0, 25)),
        ("cosine_past_end", "CosineAnnealingLR", 0.1, 24, {"T_max": 8, "eta_min": 0.02}, lambda t: cosine(t, 0.1, 0.02, 8)),
        ("linear", "LinearLR", 0.3, 8, {"start_factor": 1 / 3, "end_factor": 1.0, "total_iters": 5},
         lambda t: 0.3 * (1 / 3 + 2 / 3 * min(t, 5) / 5)),
        ("linear_down", "LinearLR", 0.2, 12, {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 10},
         lambda t: 0.2 * (1 - 0.9 * min(t, 10) / 10)),
        ("step", "StepLR", 0.5, 12, {"step_size": 3, "gamma": 0.5}, lambda t: 0.5 * 0.5 ** (t // 3)),
        ("step_tenth", "StepLR", 0.1, 10, {"step_size": 4, "gamma": 0.1}, lambda t: 0.1 * 0.1 ** (t // 4)),
    ]
    result = []
    for name, kind, rate, steps, options, closed in table:
        optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=rate)
        scheduler, rates = getattr(library, kind)(optimizer, **options), []
        for step in range(steps + 1):
            rates.append(scheduler.get_last_lr()[0])
            if abs(rates[-1] - closed(step)) > 1e-12:
                raise ArithmeticError(f"{name}: step {step} gives {rates[-1]}, the closed form {closed(step)}")
            optimizer.step()
            scheduler.step()
        result.append({"case": name, "schedule": kind, "learning_rate": rate, "options": options, "rates": rates})
    return result
