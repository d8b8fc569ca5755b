// Functions of real numbers, for every program: float32, and float64 where the device has it (names end in _f32 and _f64).
// They use +, -, *, /, fma, bit casts and integers only, so the same text has the same accuracy on every driver and in PTX. The largest
// errors against the exact values, in units in the last place, over all float32 (tests/Ballast.Tests/Gpu/MathsTests.cs; float64 sampled):
//                exp   log   tanh  erf   sin, cos             pow   gelu  gelu by tanh   fmod
//   float32        4     4      8    8   4 up to 1e5          16      8         8        exact
//   float64        4     4      4    4   4 up to 1e5          16      8         8        exact
// The bounds hold where division is correctly rounded and subnormals are kept; a device that flushes them loses results below 2^-126.
// Above 1e5 sin and cos multiply by enough bits of 1/(2 pi) for any argument. The polynomials come from tools/fit/fit.py.

// The operations that a processor has, by dtype: clang's names without a library where the text becomes PTX.
#ifdef __NVPTX__
#define fma_f32 __builtin_fmaf
#define abs_f32 __builtin_fabsf
#define sign_f32 __builtin_copysignf
#define floor_f32 __builtin_floorf
#define rint_f32 __builtin_rintf
#define sqrt_f32 __builtin_sqrtf
#define fma_f64 __builtin_fma
#define abs_f64 __builtin_fabs
#define sign_f64 __builtin_copysign
#define floor_f64 __builtin_floor
#define rint_f64 __builtin_rint
#define sqrt_f64 __builtin_sqrt
#else
#define fma_f32(a, b, c) fma((float)(a), (float)(b), (float)(c))
#define abs_f32(a) fabs((float)(a))
#define sign_f32(a, b) copysign((float)(a), (float)(b))
#define floor_f32(a) floor((float)(a))
#define rint_f32(a) rint((float)(a))
#define sqrt_f32(a) sqrt((float)(a))
#define fma_f64(a, b, c) fma((double)(a), (double)(b), (double)(c))
#define abs_f64(a) fabs((double)(a))
#define sign_f64(a, b) copysign((double)(a), (double)(b))
#define floor_f64(a) floor((double)(a))
#define rint_f64(a) rint((double)(a))
#define sqrt_f64(a) sqrt((double)(a))
#endif
#define INF_f32 as_float(0x7f800000)
#define NAN_f32 as_float(0x7fc00000)
#define INF_f64 as_double(0x7ff0000000000000L)
#define NAN_f64 as_double(0x7ff8000000000000L)

// x 2^n for n in -252..254 (float64: -2044..2046), in two steps so that only the second can round.
static inline float two_f32(int n) { return as_float((n + 127) << 23); }
static inline float scale_f32(float x, int n) { return x * two_f32(n >> 1) * two_f32(n - (n >> 1)); }

// e^(h + l) = result 2^n for a small l; h is held in a range beyond which every use gives 0 or infinity.
static inline float expn_f32(float h, float l, int* n) {
  h = h > 128.0f ? 128.0f : h < -160.0f ? -160.0f : h;
  float t = fma_f32(h, 1.44269502f, 12582912.0f), k = t - 12582912.0f; // adding 1.5 2^23 rounds to an integer
  float r = fma_f32(k, 1.90465421e-09f, fma_f32(k, -0.693147182f, h)) + l;
  float p = 0.00138141704f;
  p = fma_f32(p, r, 0.00836884882f); p = fma_f32(p, r, 0.0416684039f); p = fma_f32(p, r, 0.166665196f); p = fma_f32(p, r, 0.49999994f);
  *n = as_int(t) - 0x4b400000;
  return fma_f32(r * r, p, r) + 1.0f;
}
static inline float exp_f32(float x) { int n; float p = expn_f32(x, 0.0f, &n); return scale_f32(p, n); }

// x = m 2^n, m in sqrt(1/2)..sqrt(2), for finite x > 0
static inline float part_f32(float x, int* n) {
  int small = x < 1.17549435e-38f, u = as_int(small ? x * 8388608.0f : x);
  int e = (u - 0x3f3504f3) >> 23;
  *n = small ? e - 23 : e;
  return as_float(u - (e << 23));
}
static inline float log_f32(float x) {
  if (!(x > 0.0f && x < INF_f32)) return x == 0.0f ? -INF_f32 : x < 0.0f ? NAN_f32 : x;
  int n;
  float f = part_f32(x, &n) - 1.0f, k = (float)n;
  float p = 0.0691667274f;
  p = fma_f32(p, f, -0.117905356f); p = fma_f32(p, f, 0.11872723f); p = fma_f32(p, f, -0.123842068f); p = fma_f32(p, f, 0.142186835f);
  p = fma_f32(p, f, -0.1666926f); p = fma_f32(p, f, 0.20002225f); p = fma_f32(p, f, -0.249999866f); p = fma_f32(p, f, 0.333333105f);
  float r = fma_f32(f * f, fma_f32(f, p, -0.5f), f);
  return fma_f32(k, 0.693147182f, fma_f32(k, -1.90465421e-09f, r));
}

// tanh from its series below 0.625; above, from the exponential, held where tanh rounds to 1.
static inline float tanh_f32(float x) {
  float a = abs_f32(x), q = a * a;
  if (a < 0.625f) {
    float p = -0.00571766449f;
  p = fma_f32(p, q, 0.0206512939f); p = fma_f32(p, q, -0.0537437685f); p = fma_f32(p, q, 0.133314952f); p = fma_f32(p, q, -0.333332837f);
    return sign_f32(fma_f32(a * q, p, a), x);
  }
  return sign_f32(1.0f - 2.0f / (exp_f32(2.0f * (a > 10.0f ? 10.0f : a)) + 1.0f), x);
}

// w Q(a) for a >= 0, Q the upper tail of the normal distribution: relative accuracy down to the smallest numbers, since the rounding of
// a a is made good.
static inline float tail_f32(float w, float a) {
  float t = 1.0f / fma_f32(0.3f, a, 1.0f), v = t - 0.5f, s = a * a;
  float p = -0.0206281822f;
  p = fma_f32(p, v, 0.0196355078f); p = fma_f32(p, v, 0.0359163322f); p = fma_f32(p, v, -0.0364607796f); p = fma_f32(p, v, -0.0775515735f);
  p = fma_f32(p, v, 0.0290565174f); p = fma_f32(p, v, 0.222082689f); p = fma_f32(p, v, 0.346198827f); p = fma_f32(p, v, 0.329158962f);
  p = fma_f32(p, v, 0.221970618f);
  int n;
  float e = expn_f32(-0.5f * s, -0.5f * fma_f32(a, a, -s), &n);
  return scale_f32(w * (t * p) * e, n);
}
static inline float erf_f32(float x) {
  float a = abs_f32(x), q = x * x;
  if (a < 1.0f) {
    float p = 7.85384982e-05f;
  p = fma_f32(p, q, -0.000801020244f); p = fma_f32(p, q, 0.00518833054f); p = fma_f32(p, q, -0.0268538147f);
  p = fma_f32(p, q, 0.112835854f); p = fma_f32(p, q, -0.37612626f); p = fma_f32(p, q, 1.12837911f);
    return x * p;
  }
  return sign_f32(1.0f - 2.0f * tail_f32(1.0f, 1.41421354f * (a > 6.0f ? 6.0f : a)), x);
}

// w times the normal distribution function of x: gelu(x) for w = x. Weighting before the last scaling keeps the smallest results whole.
static inline float cdf_f32(float x, float w) {
  float a = abs_f32(x);
  if (a > 16.0f) return x < 0.0f ? w * 0.0f : w;
  float t = tail_f32(w, a);
  return x <= 0.0f ? t : w - t;
}

// w / (1 + e^-u), u = 2 sqrt(2/pi) (x + 0.044715 x^3) computed to twice the precision.
static inline float cdftanh_f32(float x, float w) {
  if (abs_f32(x) > 16.0f) return x < 0.0f ? w * 0.0f : w;
  float s = x * x, sl = fma_f32(x, x, -s), b = 0.0713548139f * s;
  float bl = fma_f32(0.0713548139f, sl, fma_f32(0.0713548139f, s, -b)) + 2.39883247e-09f * s;
  float g = 1.59576917f + b, v = g - 1.59576917f, gl = (1.59576917f - (g - v)) + (b - v) + (bl - 4.53406805e-08f);
  float u = x * g, ul = fma_f32(x, g, -u) + x * gl;
  int n;
  float p = expn_f32(-abs_f32(u), x < 0.0f ? ul : -ul, &n), d = 1.0f + scale_f32(p, n);
  return x < 0.0f ? scale_f32(w * p / d, n) : w / d;
}

// a = r + k pi/2 for a >= 0, r within pi/4 of 0; returns k modulo 4. Exact to the last place up to 1e5 by three parts of pi/2, beyond by
// the 96 bits of 1/(2 pi) that matter: whole turns before them drop out.
static inline int turn_f32(float a, float* r) {
  if (a <= 1e5f) {
    float t = fma_f32(a, 0.636619747f, 12582912.0f), k = t - 12582912.0f;
    *r = fma_f32(k, -5.39030295e-15f, fma_f32(k, -7.54978942e-08f, fma_f32(k, -1.57079625f, a)));
    return as_int(t);
  }
  if (!(a < INF_f32)) { *r = a - a; return 0; }
  uint u = as_uint(a), m = (u << 8) | 0x80000000u;
  int e = (int)(u >> 23) - 126, i = e >> 6, s = e & 63;
  u64 w0 = 0x28be60dbUL, w1 = 0x9391054a7f09d5f4UL, w2 = 0x7d4d377036d8a566UL, w3 = 0x4f10e4107f9458eaUL;
  u64 high = i == 0 ? w0 : i == 1 ? w1 : w2, low = i == 0 ? w1 : i == 1 ? w2 : w3, last = i == 0 ? w2 : w3;
  if (s != 0) { high = (high << s) | (low >> (64 - s)); low = (low << s) | (last >> (64 - s)); }
  u64 turn = m * high + ((m * (low >> 32)) >> 32), k = (turn + (1UL << 61)) >> 62;
  *r = (float)(i64)(turn - (k << 62)) * 3.40612158e-19f;
  return (int)k;
}
static inline float wave_f32(int k, float r) {
  float q = r * r, y;
  if (k & 1) {
    float p = -2.72095264e-07f;
  p = fma_f32(p, q, 2.47995122e-05f); p = fma_f32(p, q, -0.00138888834f); p = fma_f32(p, q, 0.0416666679f);
    y = fma_f32(q * q, p, fma_f32(q, -0.5f, 1.0f));
  } else {
    float p = 2.71824547e-06f;
  p = fma_f32(p, q, -0.000198393289f); p = fma_f32(p, q, 0.00833332911f); p = fma_f32(p, q, -0.166666672f);
    y = fma_f32(r * q, p, r);
  }
  return k & 2 ? -y : y;
}
static inline float sin_f32(float x) {
  float r;
  int k = turn_f32(abs_f32(x), &r);
  return as_float(as_uint(wave_f32(k, r)) ^ (as_uint(x) & 0x80000000u));
}
static inline float cos_f32(float x) {
  float r;
  int k = turn_f32(abs_f32(x), &r);
  return wave_f32(k + 1, r);
}

// The cases of C99's pow where no logarithm is needed; otherwise the sign of the result is left in s and the function goes on.
#define POW_CASES(S, T, MOST)                                                                                                   \
  T a = abs_##S(x), b = abs_##S(y), s = 1;                                                                                      \
  if (x == 1 || y == 0) return 1;                                                                                               \
  if (x != x || y != y) return x + y;                                                                                           \
  if (b == INF_##S) return a == 1 ? 1 : (a > 1) == (y > 0) ? INF_##S : 0;                                                       \
  int whole = b >= MOST || rint_##S(b) == b;                                                                                    \
  if (whole && b < MOST && ((i64)b & 1)) s = sign_##S(s, x);                                                                    \
  if (a == 0 || a == INF_##S) return s * ((a == 0) == (y < 0) ? INF_##S : 0);                                                   \
  if (x < 0 && !whole) return NAN_##S;

// |x|^y = e^(y log |x|) with the logarithm as a sum h + l: twice the precision but for its series' small part.
static inline float pow_f32(float x, float y) {
  POW_CASES(f32, float, 16777216.0f)
  int n;
  float m = part_f32(a, &n), f = m - 1.0f, d = m + 1.0f, k = (float)n;
  float c = f / d, cl = fma_f32(-c, m - (d - 1.0f), fma_f32(-c, d, f)) / d, q = c * c;
  float p = 0.235861316f;
  p = fma_f32(p, q, 0.285371125f); p = fma_f32(p, q, 0.400003374f); p = fma_f32(p, q, 0.666666627f);
  float t = k * 0.693115234f, h = t + 2.0f * c, l = (2.0f * c - (h - t)) + fma_f32(k, 3.19461833e-05f, fma_f32(c * q, p, 2.0f * cl));
  float hh = h + l;
  l -= hh - h;
  float e = y * hh, el = fma_f32(y, hh, -e) + y * l;
  p = expn_f32(e, abs_f32(e) < 200.0f ? el : 0.0f, &n);
  return scale_f32(s * p, n);
}

// The remainder of a / b with the sign of a, exact: the significands are divided as integers, 40 bits (float64: 11) at a time.
static inline float fmod_f32(float a, float b) {
  uint x = as_uint(a) & 0x7fffffffu, y = as_uint(b) & 0x7fffffffu;
  if (y == 0 || x >= 0x7f800000u || y > 0x7f800000u) return NAN_f32;
  if (x < y) return a;
  int ex = (int)(x >> 23), ey = (int)(y >> 23);
  u64 r = ex ? (x & 0x7fffffu) | 0x800000u : x, m = ey ? (y & 0x7fffffu) | 0x800000u : y;
  ey = ey ? ey : 1;
  int left = (ex ? ex : 1) - ey;
  for (r %= m; left > 0 && r != 0; left -= 40) r = (r << (left < 40 ? left : 40)) % m;
  return sign_f32(scale_f32((float)r, ey - 150), a);
}

#ifdef HAS_F64
static inline double two_f64(int n) { return as_double((i64)(n + 1023) << 52); }
static inline double scale_f64(double x, int n) { return x * two_f64(n >> 1) * two_f64(n - (n >> 1)); }
static inline double expn_f64(double h, double l, int* n) {
  h = h > 1000.0 ? 1000.0 : h < -1000.0 ? -1000.0 : h;
  double t = fma_f64(h, 1.4426950408889634, 6755399441055744.0), k = t - 6755399441055744.0;
  double r = fma_f64(k, -2.3190468138462996e-17, fma_f64(k, -0.69314718055994529, h)) + l;
  double p = 2.5110270500686871e-08;
  p = fma_f64(p, r, 2.7632942641482864e-07); p = fma_f64(p, r, 2.7557241750305074e-06); p = fma_f64(p, r, 2.4801486563471478e-05);
  p = fma_f64(p, r, 0.00019841269887110348); p = fma_f64(p, r, 0.0013888888948496267); p = fma_f64(p, r, 0.0083333333333220367);
  p = fma_f64(p, r, 0.041666666666519775); p = fma_f64(p, r, 0.16666666666666674); p = fma_f64(p, r, 0.500000000000001);
  *n = (int)(as_long(t) - 0x4338000000000000L);
  return fma_f64(r * r, p, r) + 1.0;
}
static inline double exp_f64(double x) { int n; double p = expn_f64(x, 0.0, &n); return scale_f64(p, n); }
static inline double part_f64(double x, int* n) {
  int small = x < 2.2250738585072014e-308;
  i64 u = as_long(small ? x * 18014398509481984.0 : x), e = (u - 0x3fe6a09e667f3bcdL) >> 52;
  *n = (int)e - (small ? 54 : 0);
  return as_double(u - (e << 52));
}
static inline double log_f64(double x) {
  if (!(x > 0.0 && x < INF_f64)) return x == 0.0 ? -INF_f64 : x < 0.0 ? NAN_f64 : x;
  int n;
  double f = part_f64(x, &n) - 1.0, k = (double)n, c = f / (2.0 + f), q = c * c, h = 0.5 * f * f;
  double p = 0.13255684026565637;
  p = fma_f64(p, q, 0.13249640510215718); p = fma_f64(p, q, 0.15387111887344385); p = fma_f64(p, q, 0.18181775183286478);
  p = fma_f64(p, q, 0.22222222652813342); p = fma_f64(p, q, 0.28571428569045976); p = fma_f64(p, q, 0.40000000000006369);
  p = fma_f64(p, q, 0.66666666666666663);
  return fma_f64(k, 0.69314718055994529, f - (h - fma_f64(c, fma_f64(q, p, h), k * 2.3190468138462996e-17)));
}
static inline double tanh_f64(double x) {
  double a = abs_f64(x), q = a * a;
  if (a < 0.625) {
    double p = -1.6107760228722947e-05;
  p = fma_f64(p, q, 7.7219629876424165e-05); p = fma_f64(p, q, -0.0002286336465068865); p = fma_f64(p, q, 0.00058635268779417323);
  p = fma_f64(p, q, -0.0014549705388253592); p = fma_f64(p, q, 0.0035919915829849174); p = fma_f64(p, q, -0.0088632213207936496);
  p = fma_f64(p, q, 0.021869487602084105); p = fma_f64(p, q, -0.0539682539324879); p = fma_f64(p, q, 0.1333333333326493);
  p = fma_f64(p, q, -0.33333333333332876);
    return sign_f64(fma_f64(a * q, p, a), x);
  }
  return sign_f64(1.0 - 2.0 / (exp_f64(2.0 * (a > 20.0 ? 20.0 : a)) + 1.0), x);
}
static inline double tail_f64(double w, double a) {
  double t = 1.0 / fma_f64(0.2, a, 1.0), v = t - 0.5, s = a * a;
  double p = -0.0002540797337882842;
  p = fma_f64(p, v, -0.00060062137182688598); p = fma_f64(p, v, 0.0016655903947303647); p = fma_f64(p, v, 0.00086977987694357298);
  p = fma_f64(p, v, -0.0034609041374049263); p = fma_f64(p, v, -0.0010716598452654442); p = fma_f64(p, v, 0.005673898579184369);
  p = fma_f64(p, v, 0.0021989771221080029); p = fma_f64(p, v, -0.0090733035444068577); p = fma_f64(p, v, -0.0065214623848038186);
  p = fma_f64(p, v, 0.013665108980430147); p = fma_f64(p, v, 0.020382783460167475); p = fma_f64(p, v, -0.012160138198469884);
  p = fma_f64(p, v, -0.055797661019760893); p = fma_f64(p, v, -0.04085091369005122); p = fma_f64(p, v, 0.076630445227686028);
  p = fma_f64(p, v, 0.2661768550507212); p = fma_f64(p, v, 0.44235928772204758); p = fma_f64(p, v, 0.52806517174507972);
  p = fma_f64(p, v, 0.50165305067407395); p = fma_f64(p, v, 0.39624449277598184); p = fma_f64(p, v, 0.26615300115602269);
  p = fma_f64(p, v, 0.15383860995001258);
  int n;
  double e = expn_f64(-0.5 * s, -0.5 * fma_f64(a, a, -s), &n);
  return scale_f64(w * (t * p) * e, n);
}
static inline double erf_f64(double x) {
  double a = abs_f64(x), q = x * x;
  if (a < 1.0) {
    double p = 5.945255584223488e-11;
  p = fma_f64(p, q, -1.136567067182716e-09); p = fma_f64(p, q, 1.4657883530919653e-08); p = fma_f64(p, q, -1.6350026192077269e-07);
  p = fma_f64(p, q, 1.6460972954153765e-06); p = fma_f64(p, q, -1.4925593518728226e-05); p = fma_f64(p, q, 0.00012055331037551108);
  p = fma_f64(p, q, -0.00085483269787651485); p = fma_f64(p, q, 0.0052239776247813702); p = fma_f64(p, q, -0.026866170645072959);
  p = fma_f64(p, q, 0.11283791670954858); p = fma_f64(p, q, -0.37612638903183748); p = fma_f64(p, q, 1.1283791670955126);
    return x * p;
  }
  return sign_f64(1.0 - 2.0 * tail_f64(1.0, 1.4142135623730951 * (a > 6.0 ? 6.0 : a)), x);
}
static inline double cdf_f64(double x, double w) {
  double a = abs_f64(x);
  if (a > 39.0) return x < 0.0 ? w * 0.0 : w;
  double t = tail_f64(w, a);
  return x <= 0.0 ? t : w - t;
}
static inline double cdftanh_f64(double x, double w) {
  if (abs_f64(x) > 39.0) return x < 0.0 ? w * 0.0 : w;
  double s = x * x, sl = fma_f64(x, x, -s), b = 0.071354816272600249 * s;
  double bl = fma_f64(0.071354816272600249, sl, fma_f64(0.071354816272600249, s, -b)) - 6.175149918155315e-19 * s;
  double g = 1.5957691216057308 + b, v = g - 1.5957691216057308;
  double gl = (1.5957691216057308 - (g - v)) + (b - v) + (bl - 9.9693088091109202e-17);
  double u = x * g, ul = fma_f64(x, g, -u) + x * gl;
  int n;
  double p = expn_f64(-abs_f64(u), x < 0.0 ? ul : -ul, &n), d = 1.0 + scale_f64(p, n);
  return x < 0.0 ? scale_f64(w * p / d, n) : w / d;
}

// 1/(2 pi), 64 bits in each, after a word of zeros.
static __constant u64 turns_f64[20] = {
  0, 0x28be60db9391054aUL, 0x7f09d5f47d4d3770UL, 0x36d8a5664f10e410UL, 0x7f9458eaf7aef158UL, 0x6dc91b8e909374b8UL, 0x01924bba82746487UL,
  0x3f877ac72c4a69cfUL, 0xba208d7d4baed121UL, 0x3a671c09ad17df90UL, 0x4e64758e60d4ce7dUL, 0x272117e2ef7e4a0eUL, 0xc7fe25fff7816603UL,
  0xfbcbc462d6829b47UL, 0xdb4d9fb3c9f2c26dUL, 0xd3d18fd9a797fa8bUL, 0x5d49eeb1faf97c5eUL, 0xcf41ce7de294a4baUL, 0x9afed7ec47e35742UL,
  0x1580cc11bf1edaeaUL };
static inline u64 high_u64(u64 a, u64 b) { // the upper half of a product
  u64 al = a & 0xffffffffUL, ah = a >> 32, bl = b & 0xffffffffUL, bh = b >> 32;
  u64 mid = ah * bl + ((al * bl) >> 32), low = al * bh + (mid & 0xffffffffUL);
  return ah * bh + (mid >> 32) + (low >> 32);
}
static inline int turn_f64(double a, double* r) {
  if (a <= 1e5) {
    double t = fma_f64(a, 0.63661977236758138, 6755399441055744.0), k = t - 6755399441055744.0;
    *r = fma_f64(k, -1.082856673921914e-32, fma_f64(k, -6.1232339957367648e-17, fma_f64(k, -1.5707963267948966, a)));
    return (int)as_long(t);
  }
  if (!(a < INF_f64)) { *r = a - a; return 0; }
  u64 u = as_ulong(a), m = (u << 11) | (1UL << 63);
  int e = (int)(u >> 52) - 1022, i = e >> 6, s = e & 63;
  u64 high = turns_f64[i], mid = turns_f64[i + 1], low = turns_f64[i + 2];
  if (s != 0) {
    high = (high << s) | (mid >> (64 - s));
    mid = (mid << s) | (low >> (64 - s));
    low = (low << s) | (turns_f64[i + 3] >> (64 - s));
  }
  u64 lower = m * mid, turn = m * high + high_u64(m, mid), sum = lower + high_u64(m, low);
  turn += sum < lower;
  u64 k = (turn + (1UL << 61)) >> 62;
  turn -= k << 62;
  int below = (i64)turn < 0; // negated as 128 bits, so that the two halves add up without cancelling
  if (below) { turn = ~turn + (sum == 0); sum = 0 - sum; }
  double x = ((double)turn + (double)sum * 5.421010862427522e-20) * 3.4061215800865545e-19;
  *r = below ? -x : x;
  return (int)k;
}
static inline double wave_f64(int k, double r) {
  double q = r * r, y;
  if (k & 1) {
    double p = -1.1359451740032904e-11;
  p = fma_f64(p, q, 2.0875719617996395e-09); p = fma_f64(p, q, -2.7557314326466565e-07); p = fma_f64(p, q, 2.4801587289396414e-05);
  p = fma_f64(p, q, -0.0013888888888873992); p = fma_f64(p, q, 0.041666666666666602);
    y = fma_f64(q * q, p, fma_f64(q, -0.5, 1.0));
  } else {
    double p = -7.578625079932891e-13;
  p = fma_f64(p, q, 1.6058365189676369e-10); p = fma_f64(p, q, -2.5052104900560723e-08); p = fma_f64(p, q, 2.7557319214149172e-06);
  p = fma_f64(p, q, -0.0001984126984125499); p = fma_f64(p, q, 0.0083333333333333228); p = fma_f64(p, q, -0.16666666666666666);
    y = fma_f64(r * q, p, r);
  }
  return k & 2 ? -y : y;
}
static inline double sin_f64(double x) {
  double r;
  int k = turn_f64(abs_f64(x), &r);
  return as_double(as_ulong(wave_f64(k, r)) ^ (as_ulong(x) & (1UL << 63)));
}
static inline double cos_f64(double x) {
  double r;
  int k = turn_f64(abs_f64(x), &r);
  return wave_f64(k + 1, r);
}
static inline double pow_f64(double x, double y) {
  POW_CASES(f64, double, 9007199254740992.0)
  int n;
  double m = part_f64(a, &n), f = m - 1.0, d = m + 1.0, k = (double)n;
  double c = f / d, cl = fma_f64(-c, m - (d - 1.0), fma_f64(-c, d, f)) / d, q = c * c;
  double p = 0.13255684026565637;
  p = fma_f64(p, q, 0.13249640510215718); p = fma_f64(p, q, 0.15387111887344385); p = fma_f64(p, q, 0.18181775183286478);
  p = fma_f64(p, q, 0.22222222652813342); p = fma_f64(p, q, 0.28571428569045976); p = fma_f64(p, q, 0.40000000000006369);
  // The cubic term is a sum of two as well.
  double c3 = c * q, c3l = fma_f64(c, q, -c3) + c * fma_f64(c, c, -q) + 3.0 * q * cl, u = c3 * 0.66666666666666663;
  double ul = fma_f64(c3, 0.66666666666666663, -u) + fma_f64(c3, fma_f64(q, p, 3.7007434154171883e-17), c3l * 0.66666666666666663);
  double t = k * 0.69314718055920821, g = t + 2.0 * c, h = g + u;
  double l = (2.0 * c - (g - t)) + (u - (h - g)) + fma_f64(k, 7.3710025651677989e-13, fma_f64(2.0, cl, ul)), hh = h + l;
  l -= hh - h;
  double e = y * hh, el = fma_f64(y, hh, -e) + y * l;
  p = expn_f64(e, abs_f64(e) < 2000.0 ? el : 0.0, &n);
  return scale_f64(s * p, n);
}
static inline double fmod_f64(double a, double b) {
  u64 x = as_ulong(a) & ~(1UL << 63), y = as_ulong(b) & ~(1UL << 63), top = 0x7ff0000000000000UL, mask = (1UL << 52) - 1;
  if (y == 0 || x >= top || y > top) return NAN_f64;
  if (x < y) return a;
  int ex = (int)(x >> 52), ey = (int)(y >> 52);
  u64 r = ex ? (x & mask) | (1UL << 52) : x, m = ey ? (y & mask) | (1UL << 52) : y;
  ey = ey ? ey : 1;
  int left = (ex ? ex : 1) - ey;
  for (r %= m; left > 0 && r != 0; left -= 11) r = (r << (left < 11 ? left : 11)) % m;
  return sign_f64(scale_f64((double)r, ey - 1075), a);
}
#endif

// fmod is exact, so both stay right where a / b rounds up to the next integer.
#define FLOOR_FUNCTIONS(S, T)                                                                                                   \
  static inline T rem_##S(T a, T b) { T r = fmod_##S(a, b); return r != 0 && (r < 0) != (b < 0) ? r + b : r; }                  \
  static inline T fdiv_##S(T a, T b) {                                                                                          \
    if (b == 0) return a / b;                                                                                                   \
    T r = fmod_##S(a, b), q = (a - r) / b;                                                                                      \
    if (r != 0 && (r < 0) != (b < 0)) q -= 1;                                                                                   \
    return q == 0 ? sign_##S((T)0, a / b) : rint_##S(q);                                                                        \
  }
FLOOR_FUNCTIONS(f32, float)
#ifdef HAS_F64
FLOOR_FUNCTIONS(f64, double)
#endif
