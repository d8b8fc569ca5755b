"""Reductions, matrix products, indexing, movement and elementwise operations."""

import math

import torch
import torch.nn.functional as F

from book import Book


PAIR = ("values", "indices")


def reduction_cases(book):
    reductions = {  # name: (function of tensor, axes and keepdim; attributes)
        "sum": (torch.sum, {}),
        "mean": (torch.mean, {}),
        "var": (lambda x, dim, keepdim: torch.var(x, dim, unbiased=True, keepdim=keepdim), {"correction": 1}),
        "var_biased": (lambda x, dim, keepdim: torch.var(x, dim, unbiased=False, keepdim=keepdim), {"correction": 0}),
        "std": (lambda x, dim, keepdim: torch.std(x, dim, unbiased=True, keepdim=keepdim), {"correction": 1}),
        "std_biased": (lambda x, dim, keepdim: torch.std(x, dim, unbiased=False, keepdim=keepdim), {"correction": 0}),
        "logsumexp": (torch.logsumexp, {}),
        "norm_1": (lambda x, dim, keepdim: torch.linalg.vector_norm(x, 1, dim, keepdim), {"p": 1}),
        "norm_2": (lambda x, dim, keepdim: torch.linalg.vector_norm(x, 2, dim, keepdim), {"p": 2}),
        "norm_inf": (lambda x, dim, keepdim: torch.linalg.vector_norm(x, math.inf, dim, keepdim), {"p": "inf"}),
        "amax": (torch.amax, {}),
        "amin": (torch.amin, {}),
    }
    for name, (function, attributes) in reductions.items():
        op = name.removesuffix("_biased").split("_")[0]
        for axes in ((0, 1, 2), (1,), (-1,), (0, 2)):
            for keepdim in (False, True):
                label = f"{name}_" + ("all" if len(axes) == 3 else "axis_" + "_".join(map(str, axes))).replace("-1", "last")
                case = book.case(label + ("_keepdim" if keepdim else ""), op=op, axes=axes, keepdim=keepdim, **attributes)
                case.run(lambda x, f=function, a=axes, k=keepdim: f(x, dim=a, keepdim=k), input=case.normal(2, 3, 4))
    for keepdim in (False, True):
        suffix = "_keepdim" if keepdim else ""
        for axis in (0, 1, -1):
            label = f"axis_{axis}".replace("-1", "last") + suffix
            attributes = {"axis": axis, "keepdim": keepdim}
            for name, function in (("max", torch.max), ("min", torch.min)):
                case = book.case(f"{name}_{label}", op=name, **attributes)
                case.run(lambda x, f=function, a=axis, k=keepdim: tuple(f(x, a, keepdim=k)), PAIR, input=case.normal(2, 3, 4))
            for name, function in (("argmax", torch.argmax), ("argmin", torch.argmin)):
                case = book.case(f"{name}_{label}", op=name, **attributes)
                case.run(lambda x, f=function, a=axis, k=keepdim: f(x, a, keepdim=k), constant=("input",), input=case.normal(2, 3, 4))
            case = book.case(f"prod_{label}", op="prod", **attributes)
            case.run(lambda x, a=axis, k=keepdim: torch.prod(x, a, keepdim=k), input=case.normal(2, 3, 4))
    for name in ("max", "min", "prod"):
        case = book.case(f"{name}_all", op=name)
        case.run(getattr(torch, name), input=case.normal(2, 3, 2))
    for name in ("argmax", "argmin"):
        case = book.case(f"{name}_all", op=name)
        case.run(getattr(torch, name), constant=("input",), input=case.normal(2, 3, 4))
    case = book.case("max_all_ties", op="max")
    case.run(torch.max, input=torch.tensor([[1.0, 5.0, 5.0], [2.0, 5.0, 0.0]]))
    case = book.case("amax_ties", op="amax", axes=(1,), keepdim=False)
    case.run(lambda x: torch.amax(x, (1,)), input=torch.tensor([[1.0, 5.0, 5.0], [2.0, -1.0, 0.0]]))
    for label, value in (("one_zero", [2.0, 0.0, 3.0, -4.0]), ("two_zeros", [0.0, 2.0, 0.0, 3.0])):
        case = book.case(f"prod_{label}", op="prod")
        case.run(torch.prod, input=torch.tensor(value))
    case = book.case("norm_2_of_zeros", op="norm", axes=(1,), keepdim=False, p=2)
    case.run(lambda x: torch.linalg.vector_norm(x, 2, 1), input=torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    for axis in (0, 1, -1):
        case = book.case(f"cumsum_axis_{axis}".replace("-1", "last"), op="cumsum", axis=axis)
        case.run(lambda x, a=axis: torch.cumsum(x, a), input=case.normal(2, 3, 4))
    for dtype in (torch.int32, torch.uint8, torch.bool):
        case = book.case(f"sum_of_{dtype}".replace("torch.", ""), op="sum", axes=(1,), keepdim=False)
        case.run(lambda x: x.sum(1), input=case.integers(0, 2, 3, 70).to(dtype))
    for name in ("any", "all"):
        case = book.case(f"{name}_axis_1", op=name, axis=1)
        case.run(lambda x, f=getattr(torch, name): f(x, 1), input=torch.tensor([[True, False], [True, True], [False, False]]))


def matmul_cases(book):
    shapes = {
        "1d_1d": ((4,), (4,)), "1d_2d": ((3,), (3, 4)), "2d_1d": ((2, 3), (3,)), "2d_2d": ((2, 3), (3, 4)), "3d_3d": ((2, 3, 4), (2, 4, 5)),
        "3d_2d": ((2, 3, 4), (4, 5)), "2d_3d": ((3, 4), (2, 4, 5)), "3d_1d": ((2, 3, 4), (4,)), "1d_3d": ((4,), (2, 4, 5)),
        "4d_3d_broadcast": ((2, 1, 3, 4), (5, 4, 2)), "4d_4d_broadcast": ((1, 3, 2, 4), (2, 1, 4, 2)), "empty_inner": ((2, 0), (0, 3)),
    }
    for name, (left, right) in shapes.items():
        case = book.case(f"matmul_{name}", op="matmul")
        case.run(torch.matmul, left=case.normal(*left), right=case.normal(*right))
    case = book.case("matmul_transposed", op="matmul", note="left^T @ right^T")
    case.run(lambda a, b: a.T @ b.T, left=case.normal(3, 2), right=case.normal(4, 3))


def put(x, key, value, accumulate=False):
    result = x.clone()
    return result.index_put_(key, value, accumulate) if accumulate else assign(result, key, value)


def assign(x, key, value):
    x[key] = value
    return x


def indexing_cases(book):
    first, second = torch.tensor([2, 0, 2, -1]), torch.tensor([1, 3, 1, -2])
    mask2 = torch.tensor([[True, False, False, True], [False, False, True, False], [True, True, False, False]])
    mask1 = torch.tensor([True, False, True])
    gets = {
        "one": ("x[i]", lambda x, i: x[i], {"i": first}), "one_axis_1": ("x[:, i]", lambda x, i: x[:, i], {"i": first}),
        "one_2d": ("x[i]", lambda x, i: x[i], {"i": torch.tensor([[0, 1], [2, 2]])}),
        "two": ("x[i, j]", lambda x, i, j: x[i, j], {"i": first, "j": second}),
        "two_broadcast": ("x[i, j]", lambda x, i, j: x[i, j], {"i": torch.tensor([[0], [2]]), "j": torch.tensor([1, 3, 0])}),
        "bool": ("x[m]", lambda x, m: x[m], {"m": mask1}), "bool_2d": ("x[m]", lambda x, m: x[m], {"m": mask2}),
    }
    for name, (text, function, keys) in gets.items():
        case = book.case(f"index_get_{name}", op="index", expression=text)
        case.run(function, input=case.normal(3, 4), **keys)
    case = book.case("index_get_separated", op="index", expression="x[i, :, j]")
    case.run(lambda x, i, j: x[i, :, j], input=case.normal(3, 2, 4), i=first, j=second)
    case = book.case("index_get_adjacent", op="index", expression="x[:, i, j]")
    case.run(lambda x, i, j: x[:, i, j], input=case.normal(2, 3, 4), i=first, j=second)
    puts = {
        "one": ("x[i] = v", (torch.tensor([2, 0]),), (2, 4), False), "one_broadcast": ("x[i] = v", (torch.tensor([2, 0]),), (4,), False),
        "two": ("x[i, j] = v", (torch.tensor([2, 0, 1]), torch.tensor([1, 3, 1])), (3,), False),
        "two_scalar": ("x[i, j] = v", (torch.tensor([2, 0, 1]), torch.tensor([1, 3, 1])), (), False),
        "bool": ("x[m] = v", (mask1,), (2, 4), False),
        "bool_2d": ("x[m] = v", (mask2,), (5,), False),
        "bool_scalar": ("x[m] = v", (mask2,), (), False),
        "one_accumulate": ("x[i] += v, repeats add up", (first,), (4, 4), True),
        "two_accumulate": ("x[i, j] += v, repeats add up", (first, second), (4,), True),
    }
    for name, (text, keys, shape, accumulate) in puts.items():
        case = book.case(f"index_put_{name}", op="index_put", expression=text, accumulate=accumulate)
        names = ["m"] if keys[0].dtype == torch.bool else ["i", "j"][:len(keys)]
        inputs = {"input": case.normal(3, 4), "value": case.normal(*shape)} | dict(zip(names, keys))
        case.run(lambda x, v, *k, a=accumulate: put(x, k, v, a), **inputs)
    slices = {
        "step": ("x[1:, ::2]", lambda x: x[1:, ::2]), "integer": ("x[-1, 1:3]", lambda x: x[-1, 1:3]),
        "new_axis": ("x[:, None, 1]", lambda x: x[:, None, 1]), "ellipsis": ("x[..., 1:-1, 0]", lambda x: x[..., 1:-1, 0]),
    }
    for name, (text, function) in slices.items():
        case = book.case(f"slice_{name}", op="slice", expression=text)
        case.run(function, input=case.normal(3, 4, 2))
    for axis in (0, 1):
        case = book.case(f"gather_axis_{axis}", op="gather", axis=axis)
        case.run(lambda x, i, a=axis: torch.gather(x, a, i), input=case.normal(3, 4), index=case.integers(0, 3, 2, 3))
        case = book.case(f"scatter_add_axis_{axis}", op="scatter_add", axis=axis)
        inputs = {"input": case.normal(3, 4), "index": case.integers(0, 3, 2, 3), "source": case.normal(2, 3)}
        case.run(lambda x, i, s, a=axis: torch.scatter_add(x, a, i, s), **inputs)
        case = book.case(f"index_select_axis_{axis}", op="index_select", axis=axis)
        case.run(lambda x, i, a=axis: torch.index_select(x, a, i), input=case.normal(3, 4), index=torch.tensor([2, 0, 2]))


def order_cases(book):
    for axis in (0, -1):
        for descending in (False, True):
            label = f"axis_{axis}".replace("-1", "last") + ("_descending" if descending else "")
            case = book.case(f"sort_{label}", op="sort", axis=axis, descending=descending, stable=True)
            sort = lambda x, a=axis, d=descending: tuple(torch.sort(x, dim=a, descending=d, stable=True))
            case.run(sort, PAIR, input=case.normal(4, 5))
            case = book.case(f"sort_ties_{label}", op="sort", axis=axis, descending=descending, stable=True)
            case.run(sort, PAIR, input=case.integers(0, 4, 7, 20))
            case = book.case(f"topk_{label}", op="topk", axis=axis, k=3, largest=not descending)
            case.run(lambda x, a=axis, d=descending: tuple(torch.topk(x, 3, a, not d)), PAIR, input=case.normal(4, 5))
    case = book.case("sort_nan", op="sort", axis=0, descending=False, stable=True)
    odd = torch.tensor([1.0, math.nan, -math.inf, math.inf, -2.0])
    case.run(lambda x: tuple(torch.sort(x, stable=True)), PAIR, constant=("input",), input=odd)


def movement_cases(book):
    for axis in (0, 1):
        case = book.case(f"cat_axis_{axis}", op="cat", axis=axis)
        shapes = ((2, 3), (1, 3)) if axis == 0 else ((2, 3), (2, 2))
        case.run(lambda a, b, d=axis: torch.cat((a, b), d), a=case.normal(*shapes[0]), b=case.normal(*shapes[1]))
    for axis in (0, 1, -1):
        case = book.case(f"stack_axis_{axis}".replace("-1", "last"), op="stack", axis=axis)
        case.run(lambda a, b, d=axis: torch.stack((a, b), d), a=case.normal(2, 3), b=case.normal(2, 3))
    paddings = {  # last axis first, as (before, after) pairs
        "constant": ([1, 2], "constant", 0.0), "constant_value": ([0, 1, 2, 0], "constant", 1.5), "negative": ([-1, 2], "constant", 0.0),
        "reflect": ([2, 1], "reflect", 0.0), "replicate": ([2, 1], "replicate", 0.0), "circular": ([2, 1], "circular", 0.0),
    }
    for name, (amounts, mode, value) in paddings.items():
        case = book.case(f"pad_{name}", op="pad", amounts=amounts, mode=mode, value=value)
        case.run(lambda x, a=amounts, m=mode, v=value: F.pad(x, a, m, v) if m == "constant" else F.pad(x, a, m), input=case.normal(2, 3, 4))
    moves = {
        "roll_one": ({"op": "roll", "shifts": [2], "axes": [1]}, lambda x: torch.roll(x, 2, 1)),
        "roll_two": ({"op": "roll", "shifts": [-1, 5], "axes": [0, 2]}, lambda x: torch.roll(x, (-1, 5), (0, 2))),
        "roll_flat": ({"op": "roll", "shifts": [5], "axes": None}, lambda x: torch.roll(x, 5)),
        "flip": ({"op": "flip", "axes": [0, 2]}, lambda x: torch.flip(x, (0, 2))),
        "repeat": ({"op": "repeat", "counts": [2, 1, 3]}, lambda x: x.repeat(2, 1, 3)),
        "repeat_new_axis": ({"op": "repeat", "counts": [2, 1, 2, 1]}, lambda x: x.repeat(2, 1, 2, 1)),
        "expand": ({"op": "expand", "shape": [2, 2, 3, 4]}, lambda x: x.expand(2, 2, 3, 4)),
        "permute": ({"op": "permute", "axes": [2, 0, 1]}, lambda x: x.permute(2, 0, 1)),
        "triu": ({"op": "triu", "diagonal": 1}, lambda x: torch.triu(x, 1)),
        "tril": ({"op": "tril", "diagonal": -1}, lambda x: torch.tril(x, -1)),
        "chunk_last": ({"op": "chunk", "count": 3, "axis": 2, "part": 1}, lambda x: torch.chunk(x, 3, 2)[1]),
    }
    for name, (attributes, function) in moves.items():
        case = book.case(name, **attributes)
        case.run(function, input=case.normal(2, 3, 4))


def elementwise_cases(book):
    unary = ["exp", "sin", "cos", "tanh", "sigmoid", "erf", "abs", "neg", "square", "floor", "round", "sign"]
    for name in unary + ["log", "sqrt", "rsqrt", "reciprocal"]:
        case = book.case(name, op=name)
        case.run(getattr(torch, name), input=case.normal(3, 5) * 2 if name in unary else case.positive(3, 5) * 3)
    case = book.case("round_halves", op="round")
    case.run(torch.round, input=torch.tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]))
    case = book.case("abs_sign_zero", op="abs")
    case.run(torch.abs, input=torch.tensor([-2.0, 0.0, -0.0, 3.0]))
    for name in ("add", "sub", "mul", "div"):
        case = book.case(f"{name}_broadcast", op=name)
        case.run(getattr(torch, name), left=case.normal(2, 1, 4), right=case.positive(3, 1))
    for name in ("maximum", "minimum"):
        case = book.case(name, op=name)
        case.run(getattr(torch, name), left=torch.tensor([1.0, 2.0, 3.0, -1.0]), right=torch.tensor([2.0, 2.0, -1.0, -1.0]))
    for name in ("remainder", "fmod", "floor_divide"):
        for dtype in (torch.int64, torch.float32):
            case = book.case(f"{name}_{dtype}".replace("torch.", ""), op=name)
            left, right = torch.tensor([7, -7, 7, -7, 0, 6]), torch.tensor([3, 3, -3, -3, 5, 2])
            case.run(getattr(torch, name), constant=("left", "right"), left=left.to(dtype), right=right.to(dtype))
    for exponent in (2, 3, 0.5, -1, -1.5, 0, 1):
        case = book.case(f"pow_{exponent}", op="pow", exponent=exponent)
        case.run(lambda x, e=exponent: torch.pow(x, e), input=case.normal(3, 4) if exponent in (2, 3, 0, 1) else case.positive(3, 4))
    case = book.case("pow_tensor", op="pow")
    case.run(torch.pow, input=case.positive(3, 4), exponent=case.normal(4))
    case = book.case("pow_scalar_base", op="pow", base=2.5)
    case.run(lambda e: torch.pow(2.5, e), exponent=case.normal(3, 4))
    for name, low, high in (("both", -0.5, 0.7), ("low", 0.0, None), ("high", None, 0.25)):
        case = book.case(f"clamp_{name}", op="clamp", min=low, max=high)
        case.run(lambda x, a=low, b=high: torch.clamp(x, a, b), input=case.normal(3, 5))
    case = book.case("clamp_on_the_bound", op="clamp", min=-1.0, max=1.0)
    case.run(lambda x: torch.clamp(x, -1.0, 1.0), input=torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))
    case = book.case("where", op="where")
    case.run(torch.where, condition=case.coin(3, 4), left=case.normal(3, 4), right=case.normal(3, 4))
    case = book.case("where_broadcast", op="where")
    case.run(torch.where, condition=case.coin(3, 1), left=case.normal(4), right=case.normal(2, 1, 1))
    case = book.case("masked_fill", op="masked_fill", value=-2.5)
    case.run(lambda x, m: x.masked_fill(m, -2.5), input=case.normal(2, 3, 4), mask=case.coin(3, 4))
    for name, values in (("linspace", torch.linspace(-1, 2, 7)), ("linspace_one", torch.linspace(3, 9, 1))):
        book.case(name, op="linspace", call={"linspace": [-1, 2, 7], "linspace_one": [3, 9, 1]}[name]).put("output", values)
    for name, call in (("arange", [0.5, 3.0, 0.4]), ("arange_down", [5.0, -1.0, -1.5])):
        book.case(name, op="arange", call=call).put("output", torch.arange(*call))


def build():
    book = Book("ops")
    for add in (reduction_cases, matmul_cases, indexing_cases, order_cases, movement_cases, elementwise_cases):
        add(book)
    return book
