"""Layers, activations, losses and attention."""

import math

import torch
import torch.nn.functional as F

from book import Book

EDGES = [-30.0, -5.0, -1.0, -0.0, 0.0, 1e-3, 0.5, 3.0, 5.0, 30.0]


def rms_norm(x, weight=None, eps=1e-6):
    y = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
    return y if weight is None else y * weight


def attend(query, key, value, mask=None, causal=False, scale=None):
    """softmax(q k^T * scale + mask) v; a bool mask says where to look, a float mask is added to the scores."""
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask
    return torch.softmax(scores, -1) @ value


def causal_attention(x, qkv_weight, qkv_bias, projection_weight, projection_bias, heads):
    """Fused query/key/value projection, split along the last axis, H heads, causal softmax, merge, output projection."""
    batch, length, width = x.shape
    split = F.linear(x, qkv_weight, qkv_bias).split(width, -1)
    query, key, value = (part.reshape(batch, length, heads, width // heads).transpose(1, 2) for part in split)
    merged = attend(query, key, value, causal=True).transpose(1, 2).reshape(batch, length, width)
    return F.linear(merged, projection_weight, projection_bias)


def linear_cases(book):
    for label, shape in (("2d", (3, 4)), ("3d", (2, 3, 4)), ("1d", (4,))):
        case = book.case(f"linear_{label}", op="linear", bias=True)
        case.run(F.linear, input=case.normal(*shape), weight=case.normal(5, 4), bias=case.normal(5))
        case = book.case(f"linear_{label}_no_bias", op="linear", bias=False)
        case.run(F.linear, input=case.normal(*shape), weight=case.normal(5, 4))


def embedding_cases(book):
    table = (("repeated", None, [[1, 4, 1], [0, 1, 5]]), ("padding", 2, [[2, 4, 1], [4, 2, 5]]), ("padding_negative", -1, [5, 4, 4]))
    for label, padding, indices in table:
        case = book.case(f"embedding_{label}", op="embedding", padding_idx=padding)
        case.run(lambda i, w, p=padding: F.embedding(i, w, padding_idx=p), indices=torch.tensor(indices), weight=case.normal(6, 3))


def norm_cases(book):
    for label, shape, dims in (("1_dim", (2, 3, 8), (8,)), ("2_dims", (3, 4, 5), (4, 5))):
        for affine in (True, False):
            name = f"layer_norm_{label}" + ("" if affine else "_plain")
            case = book.case(name, op="layer_norm", normalized_shape=dims, affine=affine, eps=1e-5)
            inputs = {"input": case.normal(*shape) * 2 + 1}
            if affine:
                inputs |= {"weight": case.normal(*dims), "bias": case.normal(*dims)}
            case.run(lambda x, w=None, b=None, d=dims: F.layer_norm(x, d, w, b, 1e-5), **inputs)
    case = book.case("layer_norm_weight_only", op="layer_norm", normalized_shape=(8,), affine=True, bias=False, eps=1e-5)
    case.run(lambda x, w: F.layer_norm(x, (8,), w, None, 1e-5), input=case.normal(4, 8), weight=case.normal(8))
    case = book.case("rms_norm", op="rms_norm", affine=True, eps=1e-6)
    case.run(rms_norm, input=case.normal(2, 3, 8), weight=case.normal(8))
    case = book.case("rms_norm_plain", op="rms_norm", affine=False, eps=1e-6)
    case.run(rms_norm, input=case.normal(4, 8) * 3)


def channel_norm_cases(book):
    """Batch, instance and group normalisation: outputs, gradients, and running statistics after the call."""
    shapes = {"1d": (6, 3), "1d_length": (4, 3, 5), "2d": (3, 4, 2, 3), "3d": (2, 3, 2, 2, 3)}
    for label, shape in shapes.items():
        channels = shape[1]
        for training in (True, False):
            for affine in (True, False):
                name = f"batch_norm_{label}_{'train' if training else 'eval'}" + ("" if affine else "_plain")
                case = book.case(name, op="batch_norm", training=training, affine=affine, momentum=0.3, eps=1e-5)
                mean, var = case.normal(channels), case.positive(channels)

                def normalize(x, m, v, w=None, b=None, t=training):
                    m, v = m.clone(), v.clone()
                    return F.batch_norm(x, m, v, w, b, t, 0.3, 1e-5), m, v

                inputs = {"input": case.normal(*shape) * 2 + 1, "mean": mean, "var": var}
                if affine:
                    inputs |= {"weight": case.normal(channels), "bias": case.normal(channels)}
                case.run(normalize, outputs=("output", "mean_after", "var_after"), constant=("mean", "var"), **inputs)
    case = book.case("batch_norm_average", op="batch_norm_average", eps=1e-5)
    norm = torch.nn.BatchNorm1d(3, momentum=None)
    for i in range(3):
        x = case.normal(5, 3)
        norm(x)
        case.put(f"input_{i}", x)
    case.put("mean_after", norm.running_mean)
    case.put("var_after", norm.running_var)
    for label, shape in (("1d", (4, 3, 5)), ("2d", (3, 4, 2, 3)), ("3d", (2, 3, 2, 2, 3))):
        channels = shape[1]
        for tracked in (True, False):
            name = f"instance_norm_{label}" + ("_tracked" if tracked else "")
            case = book.case(name, op="instance_norm", tracked=tracked, momentum=0.2, eps=1e-5)

            def normalize(x, w, b, c=channels, t=tracked):
                m, v = (torch.zeros(c), torch.ones(c)) if t else (None, None)
                y = F.instance_norm(x, m, v, w, b, True, 0.2, 1e-5)
                return (y, m, v) if t else y

            case.run(normalize, outputs=("output", "mean_after", "var_after") if tracked else ("output",), input=case.normal(*shape) * 2 + 1,
                     weight=case.normal(channels), bias=case.normal(channels))
    for label, shape, groups in (("2_of_4", (3, 4, 5), 2), ("1_of_4", (2, 4, 3, 2), 1), ("2_of_8_flat", (3, 8), 2), ("3_of_6", (2, 6, 2, 2), 3)):
        for affine in (True, False):
            case = book.case(f"group_norm_{label}" + ("" if affine else "_plain"), op="group_norm", groups=groups, affine=affine, eps=1e-5)
            inputs = {"input": case.normal(*shape) * 2 + 1}
            if affine:
                inputs |= {"weight": case.normal(shape[1]), "bias": case.normal(shape[1])}
            case.run(lambda x, w=None, b=None, g=groups: F.group_norm(x, g, w, b, 1e-5), **inputs)


def activation_cases(book):
    functions = {
        "gelu_exact": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "relu": F.relu,
        "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    }
    for name, function in functions.items():
        case = book.case(name, op=name)
        case.run(function, input=case.normal(4, 9) * 2)
        case = book.case(f"{name}_edges", op=name)
        case.run(function, input=torch.tensor(EDGES))
    for axis in (0, 1, -1):
        for name, function in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
            case = book.case(f"{name}_axis_{axis}".replace("-1", "last"), op=name, axis=axis)
            case.run(lambda x, f=function, a=axis: f(x, a), input=case.normal(3, 4, 5) * 3)
    for name, function in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        case = book.case(f"{name}_large", op=name, axis=-1)
        case.run(lambda x, f=function: f(x, -1), input=case.normal(3, 7) * 300)
        case = book.case(f"{name}_masked", op=name, axis=-1)
        case.run(lambda x, f=function: f(x, -1)[:, :3], input=case.normal(3, 5).index_fill(1, torch.tensor([3, 4]), float("-inf")))


def loss_cases(book):
    targets = [3, 0, 6, 6, 2]
    ignored = [3, -100, 6, 1, -100]
    plain = {"reduction": "mean", "ignore_index": -100, "label_smoothing": 0.0, "class_weights": False}
    options = [  # name, options of F.cross_entropy, targets, weighted
        ("mean", {}, targets, False),
        ("sum", {"reduction": "sum"}, targets, False),
        ("none", {"reduction": "none"}, targets, False),
        ("ignore_mean", {}, ignored, False),
        ("ignore_sum", {"reduction": "sum"}, ignored, False),
        ("ignore_none", {"reduction": "none"}, ignored, False),
        ("ignore_index_6", {"ignore_index": 6}, targets, False),
        ("smooth_mean", {"label_smoothing": 0.1}, targets, False),
        ("smooth_sum", {"label_smoothing": 0.1, "reduction": "sum"}, targets, False),
        ("smooth_none", {"label_smoothing": 0.3, "reduction": "none"}, targets, False),
        ("smooth_ignore_mean", {"label_smoothing": 0.2}, ignored, False),
        ("weights_mean", {}, targets, True),
        ("weights_sum", {"reduction": "sum"}, targets, True),
        ("weights_none", {"reduction": "none"}, targets, True),
        ("weights_ignore_mean", {}, ignored, True),
        ("weights_smooth_mean", {"label_smoothing": 0.1}, targets, True),
        ("weights_smooth_ignore_mean", {"label_smoothing": 0.2}, ignored, True),
        ("weights_smooth_ignore_none", {"label_smoothing": 0.2, "reduction": "none"}, ignored, True),
    ]
    for name, keywords, target, weighted in options:
        case = book.case(f"cross_entropy_{name}", op="cross_entropy", **(plain | keywords | {"class_weights": weighted}))
        inputs = {"input": case.normal(5, 7) * 2, "target": torch.tensor(target)}
        if weighted:
            inputs["class_weights"] = case.positive(7)
        case.run(lambda x, t, w=None, k=keywords: F.cross_entropy(x, t, weight=w, **k), constant=("class_weights",), **inputs)
    case = book.case("cross_entropy_3d", op="cross_entropy", class_axis=1, **plain)
    case.run(F.cross_entropy, input=case.normal(2, 5, 3), target=case.integers(0, 5, 2, 3))
    case = book.case("cross_entropy_1d", op="cross_entropy", **plain)
    case.run(F.cross_entropy, input=case.normal(5), target=torch.tensor(4))
    case = book.case("cross_entropy_large", op="cross_entropy", **plain)
    case.run(F.cross_entropy, input=case.normal(4, 6) * 500, target=case.integers(0, 6, 4))
    case = book.case("cross_entropy_probabilities", op="cross_entropy", target="probabilities", **plain)
    case.run(F.cross_entropy, constant=("target",), input=case.normal(4, 6), target=torch.softmax(case.normal(4, 6), -1))
    for reduction in ("mean", "sum", "none"):
        case = book.case(f"mse_{reduction}", op="mse_loss", reduction=reduction)
        case.run(lambda x, t, r=reduction: F.mse_loss(x, t, reduction=r), input=case.normal(3, 4), target=case.normal(3, 4))


def attention_cases(book):
    def heads(case, target=4, source=4, width=8, value_width=8):
        query, key, value = case.normal(2, 3, target, width), case.normal(2, 3, source, width), case.normal(2, 3, source, value_width)
        return {"query": query, "key": key, "value": value}

    case = book.case("sdpa_plain", op="scaled_dot_product_attention", causal=False, mask=None)
    case.run(attend, **heads(case))
    case = book.case("sdpa_cross", op="scaled_dot_product_attention", causal=False, mask=None)
    case.run(attend, **heads(case, target=3, source=5, value_width=6))
    case = book.case("sdpa_scale", op="scaled_dot_product_attention", causal=False, mask=None, scale=0.25)
    case.run(lambda q, k, v: attend(q, k, v, scale=0.25), **heads(case))
    case = book.case("sdpa_causal", op="scaled_dot_product_attention", causal=True, mask=None)
    case.run(lambda q, k, v: attend(q, k, v, causal=True), **heads(case))
    case = book.case("sdpa_causal_cross", op="scaled_dot_product_attention", causal=True, mask=None)
    case.run(lambda q, k, v: attend(q, k, v, causal=True), **heads(case, target=3, source=5))
    case = book.case("sdpa_bool_mask", op="scaled_dot_product_attention", causal=False, mask="bool")
    mask = case.coin(4, 5)
    mask[:, 1] = True  # no row without a key to look at
    case.run(attend, **heads(case, source=5), mask=mask)
    case = book.case("sdpa_float_mask", op="scaled_dot_product_attention", causal=False, mask="float")
    case.run(attend, constant=("mask",), **heads(case, source=5), mask=case.normal(2, 1, 4, 5))
    for batch, length, width, count in ((2, 5, 8, 2), (1, 6, 12, 3)):
        case = book.case(f"causal_attention_{count}_heads", op="causal_attention", heads=count)
        case.run(lambda *inputs, c=count: causal_attention(*inputs, c), input=case.normal(batch, length, width),
                 qkv_weight=case.normal(3 * width, width) / 3, qkv_bias=case.normal(3 * width) / 3,
                 projection_weight=case.normal(width, width) / 3, projection_bias=case.normal(width))


def build():
    book = Book("layers")
    for add in (linear_cases, embedding_cases, norm_cases, channel_norm_cases, activation_cases, loss_cases, attention_cases):
        add(book)
    return book
