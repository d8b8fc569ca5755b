"""What str(tensor) says, for every branch of the printer."""

import math

import torch

INF, NAN = math.inf, math.nan


def tensors():
    """Yields (case, tensor)."""
    t, wave = torch.tensor, lambda n: torch.sin(torch.arange(n) * 0.7) * 3
    yield "ints", t([1, 2, 3])
    yield "ints_wide", t([1, -20, 300])
    yield "ints_negative", t([-1, -2, -3])
    yield "ints_2d", t([[1, 2], [30, -4]])
    yield "int64_large", t([2 ** 62, -1, 0])
    for dtype in (torch.int32, torch.int16, torch.int8, torch.uint8):
        yield f"{dtype}".replace("torch.", ""), t([1, 100, 27], dtype=dtype)
    yield "ints_wrap", torch.arange(40)
    yield "ints_wrap_2d", torch.arange(60).reshape(2, 30) * 1000
    yield "ints_1000", torch.arange(1000)
    yield "ints_1001", torch.arange(1001)
    yield "ints_summary_2d", torch.arange(1200).reshape(30, 40)
    yield "ints_summary_one_long_axis", torch.arange(1200).reshape(4, 300)
    yield "ints_summary_tall", torch.arange(1200).reshape(300, 4)
    yield "ints_summary_3d", torch.arange(1100).reshape(11, 10, 10)
    yield "ints_summary_hides_wide", t([1] * 600 + [123456] + [1] * 600)
    yield "int32_summary", torch.arange(1500, dtype=torch.int32)
    yield "floats_whole", t([1.0, 2.0, 3.0])
    yield "floats_whole_negative", t([-1.0, 2.0, -300.0])
    yield "floats_decimal", t([1.5, -2.25, 3.125])
    yield "floats_rounded", t([1.0 / 3, 2.0 / 3, 0.00005, 0.99999])
    yield "floats_2d", wave(6).reshape(2, 3)
    yield "floats_3d", wave(12).reshape(2, 2, 3)
    yield "floats_4d", wave(8).reshape(2, 2, 1, 2)
    yield "floats_wrap", wave(20)
    yield "floats_wrap_2d", wave(24).reshape(2, 12)
    yield "floats_wrap_3d", wave(44).reshape(2, 2, 11)
    yield "floats_summary", wave(1300)
    yield "floats_summary_2d", wave(1200).reshape(30, 40)
    yield "floats_summary_3d", wave(1331).reshape(11, 11, 11)
    yield "floats_summary_whole", torch.arange(1300) * 1.0
    yield "zeros", torch.zeros(3)
    yield "zeros_2d", torch.zeros(2, 3)
    yield "zeros_negative", t([-0.0, 0.0])
    yield "zeros_mixed", t([0.0, 0.5, -0.0])
    yield "scientific_small", t([1e-5, 1.0])
    yield "scientific_large", t([1e9, 1.5])
    yield "scientific_ratio", t([0.01, 123.0])
    yield "ratio_below_1000", t([0.5, 499.5])
    yield "ratio_above_1000", t([0.5, 501.5])
    yield "whole_scientific", t([1e9, 1.0])
    yield "whole_large", t([1e8, 2.0])
    yield "whole_ratio", t([1.0, 10000.0])
    yield "all_tiny", t([1e-10, 2e-10, 3.5e-10])
    yield "extremes", t([3.4028234663852886e38, 1.1754943508222875e-38])
    yield "exponent_three_digits", t([1e300, 1e-300], dtype=torch.float64)
    yield "large_decimal", t([12345.678, 23456.789])
    yield "hundred_million_decimal", t([123456789.0, 0.5], dtype=torch.float64)
    yield "infinities", t([INF, -INF, 1.0])
    yield "infinities_decimal", t([INF, -INF, 1.5])
    yield "nan_whole", t([NAN, 1.0, 2.0])
    yield "nan_decimal", t([NAN, -1.25, INF])
    yield "nan_only", t([NAN, NAN])
    yield "infinity_only", t([INF])
    yield "nan_scientific", t([NAN, 1e-7, 1.0])
    yield "bools", t([True, False, True])
    yield "bools_2d", t([[True, False], [False, False]])
    yield "bools_false", t([False, False])
    yield "bools_wrap", t([True, False] * 10)
    yield "zero_dim_int", t(7)
    yield "zero_dim_float", t(0.1)
    yield "zero_dim_whole", t(3.0)
    yield "zero_dim_negative", t(-2.5)
    yield "zero_dim_tiny", t(1e-8)
    yield "zero_dim_large", t(1.25e12)
    yield "zero_dim_inf", t(-INF)
    yield "zero_dim_nan", t(NAN)
    yield "zero_dim_bool", t(True)
    yield "zero_dim_float64", t(0.1, dtype=torch.float64)
    yield "zero_dim_int32", t(-3, dtype=torch.int32)
    yield "empty", torch.empty(0)
    yield "empty_2d", torch.empty(0, 3)
    yield "empty_3d", torch.empty(2, 0, 3)
    yield "empty_int64", torch.empty(0, dtype=torch.int64)
    yield "empty_2d_int32", torch.empty(3, 0, dtype=torch.int32)
    yield "float64", t([0.1, -0.2], dtype=torch.float64)
    yield "float64_whole", t([1, 2], dtype=torch.float64)
    yield "float16", t([0.1, -2.5], dtype=torch.float16)
    yield "bfloat16", t([0.1, -2.5], dtype=torch.bfloat16)
    yield "bfloat16_2d", wave(6).reshape(2, 3).to(torch.bfloat16)
    yield "float64_suffix_on_wrapped_line", (wave(8) + 100).double()
    yield "float64_suffix_wraps", (wave(7) * 100).double()
    yield "requires_grad", t([1.5, 2.0]).requires_grad_()
    yield "requires_grad_float64", t([1.5, 2.0], dtype=torch.float64).requires_grad_()
    yield "requires_grad_2d", wave(4).reshape(2, 2).requires_grad_()
    yield "requires_grad_zero_dim", t(4.0).requires_grad_()
    yield "requires_grad_empty", torch.empty(0, requires_grad=True)
    yield "requires_grad_wraps", wave(7).requires_grad_()
    yield "transposed", torch.arange(6).reshape(2, 3).T
    yield "one_element_3d", t([[[5.5]]])


def plain(value):
    """JSON knows no infinity and no NaN: they become the texts inf, -inf and nan."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def build():
    return [
        {"case": case, "dtype": str(value.dtype).removeprefix("torch."), "shape": list(value.shape), "requires_grad": value.requires_grad,
         "values": [plain(v) for v in value.detach().reshape(-1).tolist()], "text": str(value)}
        for case, value in tensors()
    ]
