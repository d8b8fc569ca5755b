#!/usr/bin/env python3
"""Fits the polynomials of src/Ballast.Gpu/Kernels/maths.cl and prints them as its constants.

Minimax fits by Remez exchange (mpmath), in the weight of the coefficient's part of the result; the error stated is that of the rounded
coefficients.
Run with Debian's python3-mpmath: tools/fit/fit.py [NAME...], or
tools/fit/fit.py table for the reference values of tests/Ballast.Tests/Gpu/MathsTests.cs.
"""
import struct
import sys

from mpmath import mp, mpf, lu_solve, matrix, exp, log, sin, cos, tanh, erf, erfc, sqrt, pi, floor

mp.dps = 60


def to_f32(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def to_f64(x):
    return mpf(float(x))


def remez(target, weight, low, high, count):
    """Coefficients of x^0.. (count of them) that minimise max |weight (target - sum)|; returns them and the error."""
    def basis(x):
        return [x ** i for i in range(count)]
    points = [(low + high) / 2 + (low - high) / 2 * cos(pi * i / count) for i in range(count + 1)]
    grid = [(low + high) / 2 + (low - high) / 2 * cos(pi * i / (24 * count)) for i in range(24 * count + 1)]
    values = [(x, target(x), weight(x)) for x in grid]
    c, worst = [], mpf(0)
    for _ in range(12):
        rows, right = [], []
        for k, x in enumerate(points):
            w = weight(x)
            rows.append([b * w for b in basis(x)] + [(-1) ** k])
            right.append(target(x) * w)
        solved = lu_solve(matrix(rows), matrix(right))
        c = [solved[i] for i in range(count)]
        level = abs(solved[count])
        errors = [(w * (t - sum(a * b for a, b in zip(c, basis(x)))), x) for x, t, w in values]
        # One point of largest error in each run of one sign, then the count + 1 consecutive ones that hold the largest.
        runs = []
        for e, x in errors:
            if runs and (runs[-1][0] < 0) == (e < 0):
                if abs(e) > abs(runs[-1][0]):
                    runs[-1] = (e, x)
            else:
                runs.append((e, x))
        worst = max(abs(e) for e, _ in runs)
        if len(runs) < count + 1:
            break
        while len(runs) > count + 1:
            runs.pop(0 if abs(runs[0][0]) < abs(runs[-1][0]) else -1)
        points = [x for _, x in runs]
        if worst < level * mpf("1.02"):
            break
    return c, worst


def fit(target, weight, low, high, count, rounded):
    low, high = mpf(low), mpf(high)
    c, _ = remez(target, weight, low, high, count)
    c = [rounded(x) for x in c]
    grid = [low + (high - low) * i / 400 for i in range(401)]
    worst = max(abs(weight(x) * (target(x) - sum(a * x ** i for i, a in enumerate(c)))) for x in grid)
    return c, worst


def split(x, rounded, parts):
    out = []
    for _ in range(parts):
        p = rounded(x)
        out.append(p)
        x -= p
    return out


def text(c, rounded):
    return f"{float(c):.9g}f" if rounded is to_f32 else f"{float(c):.17g}"


half_ln2 = log(2) / 2 * mpf("1.002")


def exp_rest(x):
    return sum(x ** k / mp.factorial(k + 2) for k in range(40))


def log_rest(f):  # (log(1 + f) - f + f^2/2) / f^3
    return sum((-1) ** k * f ** k / (k + 3) for k in range(200)) if abs(f) < 0.1 else (log(1 + f) - f + f * f / 2) / f ** 3


def atanh_rest(q):  # (log((1+s)/(1-s)) - 2 s) / s^3, q = s^2
    return sum(2 * q ** k / (2 * k + 3) for k in range(60))


def sin_rest(q):
    return sum((-1) ** (k + 1) * q ** k / mp.factorial(2 * k + 3) for k in range(30))


def cos_rest(q):
    return sum((-1) ** k * q ** k / mp.factorial(2 * k + 4) for k in range(30))


def tanh_rest(q):
    x = sqrt(q)
    return mpf(-1) / 3 + 2 * q / 15 - 17 * q * q / 315 if x < mpf("1e-8") else (tanh(x) - x) / x ** 3


def erf_over_x(q):
    return 2 / sqrt(pi) * sum((-1) ** k * q ** k / (mp.factorial(k) * (2 * k + 1)) for k in range(60))


def tail(c):
    """Q(a) e^(a^2/2) / t as a function of t - 1/2, t = 1 / (1 + c a), Q the upper tail of the normal distribution."""
    def of(v):
        t = v + mpf(1) / 2
        a = (1 / t - 1) / c
        return exp(a * a / 2) * erfc(a / sqrt(mpf(2))) / 2 / t
    return of


def one(_):
    return mpf(1)


def over(f):
    return lambda x: 1 / f(x)


def jobs():
    r = half_ln2
    yield "exp32", exp_rest, lambda x: x * x / exp(x), -r, r, 5, to_f32
    yield "exp64", exp_rest, lambda x: x * x / exp(x), -r, r, 10, to_f64
    yield "log32", log_rest, lambda f: f * f if f else mpf(0), sqrt(mpf("0.5")) - 1, sqrt(mpf(2)) - 1, 9, to_f32
    yield "atanh32", atanh_rest, lambda q: q + mpf("1e-30"), mpf(0), mpf("0.02952"), 4, to_f32
    yield "atanh64", atanh_rest, lambda q: q + mpf("1e-30"), mpf(0), mpf("0.02952"), 8, to_f64
    quarter = (pi / 4 * mpf("1.001")) ** 2
    yield "sin32", sin_rest, lambda q: q + mpf("1e-30"), mpf(0), quarter, 4, to_f32
    yield "cos32", cos_rest, lambda q: q * q + mpf("1e-30"), mpf(0), quarter, 4, to_f32
    yield "sin64", sin_rest, lambda q: q + mpf("1e-30"), mpf(0), quarter, 7, to_f64
    yield "cos64", cos_rest, lambda q: q * q + mpf("1e-30"), mpf(0), quarter, 6, to_f64
    near = mpf("0.625") ** 2
    yield "tanh32", tanh_rest, lambda q: q + mpf("1e-30"), mpf(0), near, 5, to_f32
    yield "tanh64", tanh_rest, lambda q: q + mpf("1e-30"), mpf(0), near, 11, to_f64
    yield "erf32", erf_over_x, over(erf_over_x), mpf(0), mpf(1), 7, to_f32
    yield "erf64", erf_over_x, over(erf_over_x), mpf(0), mpf(1), 13, to_f64
    c = TAIL32
    yield "tail32", tail(c), over(tail(c)), 1 / (1 + 15 * c) - HALF, HALF, TAIL32_COUNT, to_f32
    c = TAIL64
    yield "tail64", tail(c), over(tail(c)), 1 / (1 + 39 * c) - HALF, HALF, TAIL64_COUNT, to_f64


HALF = mpf("0.5")
TAIL32, TAIL32_COUNT = mpf("0.3"), 10
TAIL64, TAIL64_COUNT = mpf("0.2"), 23


def table():
    """Correctly rounded values of erf and gelu for the tests of float64, which .NET has no function for."""
    points = [s * x for x in (1e-300, 1e-9, 0.03, 0.2, 0.5, 0.75, 0.84, 0.99, 1, 1.01, 1.3, 1.7, 2, 2.5, 3, 3.7, 4.5, 5.2, 5.9, 6.1, 9, 12,
                              17, 23, 30, 36, 37.5) for s in (1, -1)]
    for name, f in (("erf", erf), ("gelu", lambda x: x * erfc(-x / sqrt(mpf(2))) / 2)):
        print(name + ":")
        for x in points:
            print(f"        ({x!r}, {float(f(mpf(x)))!r}),")


def main():
    wanted = sys.argv[1:]
    if wanted == ["table"]:
        table()
        return
    for name, target, weight, low, high, count, rounded in jobs():
        if wanted and name not in wanted:
            continue
        c, worst = fit(target, weight, low, high, count, rounded)
        print(f"{name}: error 2^{float(mp.log(worst, 2)):.1f}")
        print("  " + ", ".join(text(x, rounded) for x in c))
    if not wanted:
        constants()


def constants():
    """The numbers that are no fits: splits of pi/2, ln 2 and 2 sqrt(2/pi), and the bits of 1/(2 pi)."""
    down32, down64 = (lambda x: floor(x * 2 ** 23) / 2 ** 23), (lambda x: floor(x * 2 ** 52) / 2 ** 52)
    for rounded, down, short in ((to_f32, down32, 14), (to_f64, down64, 40)):
        first = down(pi / 2)
        second = pi / 2 - first
        scale = 2 ** (23 if rounded is to_f32 else 52) * mpf(2) ** int(-floor(mp.log(second, 2)))
        second = floor(second * scale) / scale
        print("pi/2, rounded down:", ", ".join(text(x, rounded) for x in (first, second, rounded(pi / 2 - first - second))))
        print("ln 2:", ", ".join(text(x, rounded) for x in split(log(2), rounded, 2)))
        high = floor(log(2) * 2 ** short) / 2 ** short
        print("ln 2, short:", ", ".join(text(x, rounded) for x in (high, rounded(log(2) - high))))
        for name, x in (("2 sqrt(2/pi)", 2 * sqrt(2 / pi)), ("2 sqrt(2/pi) 0.044715", 2 * sqrt(2 / pi) * mpf("0.044715")),
                        ("1/ln 2", 1 / log(2)), ("2/pi", 2 / pi), ("sqrt 2", sqrt(mpf(2)))):
            print(f"{name}:", ", ".join(text(x, rounded) for x in split(x, rounded, 2)))
    mp.dps = 500
    bits = int(floor(mpf(2) ** 1280 / (2 * pi)))
    print("1/(2 pi):", ", ".join(f"0x{(bits >> (1280 - 64 * (k + 1))) & (2 ** 64 - 1):016x}UL" for k in range(20)))
    print("pi/2 2^-62:", text(pi / 2 / 2 ** 62, to_f32), text(pi / 2 / 2 ** 62, to_f64))


if __name__ == "__main__":
    main()
