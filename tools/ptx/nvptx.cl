// OpenCL C's functions for PTX: comes before the prelude, and clang compiles it without any library. A function that a kernel text calls and
// that is not here stays ".extern", which the build refuses: add it here. exp, log and the like are the library's own (Kernels/maths.cl).
#define OVERLOAD static inline __attribute__((overloadable, always_inline))

#define SREG_(name, axis) ((axis) == 0 ? __nvvm_read_ptx_sreg_##name##_x() : (axis) == 1 ? __nvvm_read_ptx_sreg_##name##_y() \
    : __nvvm_read_ptx_sreg_##name##_z())
#define get_local_id(axis) SREG_(tid, axis)
#define get_group_id(axis) SREG_(ctaid, axis)
#define get_local_size(axis) SREG_(ntid, axis)
#define get_num_groups(axis) SREG_(nctaid, axis)
#define barrier(fence) __syncthreads()
#define mem_fence(fence) __nvvm_membar_cta()

#define REAL_FUNCTIONS(T, S)                                                    \
  OVERLOAD T nv_fma(T a, T b, T c) { return __builtin_fma##S(a, b, c); }                            \
  OVERLOAD T nv_mad(T a, T b, T c) { return __builtin_fma##S(a, b, c); }                            \
  OVERLOAD T nv_fmin(T a, T b) { return __builtin_fmin##S(a, b); }                                  \
  OVERLOAD T nv_fmax(T a, T b) { return __builtin_fmax##S(a, b); }                                  \
  OVERLOAD T nv_min(T a, T b) { return __builtin_fmin##S(a, b); }                                   \
  OVERLOAD T nv_max(T a, T b) { return __builtin_fmax##S(a, b); }                                   \
  OVERLOAD T nv_fabs(T a) { return __builtin_fabs##S(a); }                                          \
  OVERLOAD T nv_floor(T a) { return __builtin_floor##S(a); }                                        \
  OVERLOAD T nv_ceil(T a) { return __builtin_ceil##S(a); }                                          \
  OVERLOAD T nv_trunc(T a) { return __builtin_trunc##S(a); }                                        \
  OVERLOAD T nv_rint(T a) { return __builtin_rint##S(a); }                                          \
  OVERLOAD T nv_copysign(T a, T b) { return __builtin_copysign##S(a, b); }                          \
  OVERLOAD int nv_isnan(T a) { return a != a; }                                                     \
  OVERLOAD int nv_isinf(T a) { return __builtin_fabs##S(a) == (T)INFINITY; }                        \
  OVERLOAD int nv_isfinite(T a) { return __builtin_fabs##S(a) < (T)INFINITY; }                      \
  OVERLOAD long nv_convert_long_sat(T a) {                                                          \
    return a != a ? 0 : a >= (T)9223372036854775808.0 ? LONG_MAX : a < (T)-9223372036854775808.0 ? LONG_MIN : (long)a; \
  }                                                                                                 \
  OVERLOAD int nv_convert_int_sat(T a) { return a != a ? 0 : a >= (T)2147483648.0 ? INT_MAX : a < (T)-2147483648.0 ? INT_MIN : (int)a; }
REAL_FUNCTIONS(float, f)
REAL_FUNCTIONS(double, )
OVERLOAD float nv_sqrt(float a) { return __nvvm_sqrt_rn_f(a); }
OVERLOAD double nv_sqrt(double a) { return __nvvm_sqrt_rn_d(a); }
OVERLOAD float nv_rsqrt(float a) { return 1.0f / __nvvm_sqrt_rn_f(a); }
OVERLOAD double nv_rsqrt(double a) { return 1.0 / __nvvm_sqrt_rn_d(a); }

#define INTEGER_TYPE(T)                                                                            \
  OVERLOAD T nv_min(T a, T b) { return a < b ? a : b; }                                            \
  OVERLOAD T nv_max(T a, T b) { return a > b ? a : b; }                                            \
  OVERLOAD T nv_clamp(T a, T low, T high) { return nv_min(nv_max(a, low), high); }
INTEGER_TYPE(int)
INTEGER_TYPE(uint)
INTEGER_TYPE(long)
INTEGER_TYPE(ulong)
OVERLOAD float nv_clamp(float a, float low, float high) { return nv_fmin(nv_fmax(a, low), high); }
OVERLOAD double nv_clamp(double a, double low, double high) { return nv_fmin(nv_fmax(a, low), high); }
OVERLOAD uint nv_abs(int a) { return a < 0 ? 0u - (uint)a : (uint)a; }
OVERLOAD ulong nv_abs(long a) { return a < 0 ? 0ul - (ulong)a : (ulong)a; }
OVERLOAD uint nv_mul_hi(uint a, uint b) { return (uint)(((ulong)a * b) >> 32); }
OVERLOAD int nv_mul_hi(int a, int b) { return (int)(((long)a * b) >> 32); }
OVERLOAD ulong nv_mul_hi(ulong a, ulong b) { return __nvvm_mulhi_ull(a, b); }
OVERLOAD long nv_mul_hi(long a, long b) { return __nvvm_mulhi_ll(a, b); }
OVERLOAD int nv_clz(int a) { return a == 0 ? 32 : __builtin_clz((uint)a); }
OVERLOAD uint nv_clz(uint a) { return a == 0 ? 32 : (uint)__builtin_clz(a); }
OVERLOAD long nv_clz(long a) { return a == 0 ? 64 : __builtin_clzl((ulong)a); }
OVERLOAD ulong nv_clz(ulong a) { return a == 0 ? 64 : (ulong)__builtin_clzl(a); }
OVERLOAD int nv_popcount(int a) { return __builtin_popcount((uint)a); }
OVERLOAD uint nv_popcount(uint a) { return (uint)__builtin_popcount(a); }
OVERLOAD long nv_popcount(long a) { return __builtin_popcountl((ulong)a); }
OVERLOAD ulong nv_popcount(ulong a) { return (ulong)__builtin_popcountl(a); }

// x - y*trunc(x/y), exact: the remainder of the integers that the significands are, a few bits of the exponents' difference at a time.
#define FMOD(T, U, FRACTION, TOP, STEP)                                                       \
  OVERLOAD T nv_fmod(T x, T y) {                                                                   \
    U bx = __builtin_astype(x, U), by = __builtin_astype(y, U), sign = bx & ((U)1 << (sizeof(U) * 8 - 1)); \
    U ax = bx ^ sign, ay = by & ~((U)1 << (sizeof(U) * 8 - 1)), top = (U)TOP << FRACTION, one = (U)1 << FRACTION; \
    if (ay == 0 || ax >= top || ay > top) return __builtin_astype((U)(top | (one >> 1)), T);       \
    if (ax < ay) return x;                                                                         \
    int ex = (int)(ax >> FRACTION), ey = (int)(ay >> FRACTION);                                    \
    U mx = ax & (one - 1), my = ay & (one - 1);                                                    \
    if (ex == 0) ex = 1; else mx |= one;                                                           \
    if (ey == 0) ey = 1; else my |= one;                                                           \
    int left = ex - ey;                                                                            \
    ulong r = mx % my;                                                                             \
    while (left > 0 && r != 0) {                                                                   \
      int step = left < STEP ? left : STEP;                                                        \
      r = (r << step) % my;                                                                        \
      left -= step;                                                                                \
    }                                                                                              \
    if (r == 0) return __builtin_astype(sign, T);                                                  \
    int shift = __builtin_clzl(r) - (63 - FRACTION);                                               \
    U bits = ey - shift >= 1 ? ((U)(ey - shift) << FRACTION) | (((U)r << shift) & (one - 1)) : (U)r << (ey - 1); \
    return __builtin_astype((U)(bits | sign), T);                                                  \
  }
FMOD(float, uint, 23, 0xff, 40)
FMOD(double, ulong, 52, 0x7ff, 11)

// float16 lies in memory as 16 bits; the hardware converts.
OVERLOAD float nv_vload_half(long i, const __global half* p) {
  float f;
  ushort h = ((const __global ushort*)p)[i];
  __asm__("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
}
OVERLOAD float nv_vload_half(long i, const __local half* p) {
  float f;
  ushort h = ((const __local ushort*)p)[i];
  __asm__("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
}
OVERLOAD void nv_vstore_half_rte(float v, long i, __global half* p) {
  ushort h;
  __asm__("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(v));
  ((__global ushort*)p)[i] = h;
}
OVERLOAD void nv_vstore_half_rte(float v, long i, __local half* p) {
  ushort h;
  __asm__("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(v));
  ((__local ushort*)p)[i] = h;
}

#define VECTOR_ACCESS(T, SPACE)                                                                    \
  OVERLOAD T##2 nv_vload2(long i, const SPACE T* p) { p += 2 * i; return (T##2)(p[0], p[1]); }      \
  OVERLOAD T##4 nv_vload4(long i, const SPACE T* p) { p += 4 * i; return (T##4)(p[0], p[1], p[2], p[3]); } \
  OVERLOAD T##8 nv_vload8(long i, const SPACE T* p) { p += 8 * i; return (T##8)(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]); } \
  OVERLOAD void nv_vstore2(T##2 v, long i, SPACE T* p) { p += 2 * i; p[0] = v.s0; p[1] = v.s1; }    \
  OVERLOAD void nv_vstore4(T##4 v, long i, SPACE T* p) { p += 4 * i; p[0] = v.s0; p[1] = v.s1; p[2] = v.s2; p[3] = v.s3; } \
  OVERLOAD void nv_vstore8(T##8 v, long i, SPACE T* p) {                                           \
    p += 8 * i;                                                                                    \
    p[0] = v.s0; p[1] = v.s1; p[2] = v.s2; p[3] = v.s3; p[4] = v.s4; p[5] = v.s5; p[6] = v.s6; p[7] = v.s7; \
  }
#define VECTOR_TYPE(T) VECTOR_ACCESS(T, __global) VECTOR_ACCESS(T, __local) VECTOR_ACCESS(T, __private)
VECTOR_TYPE(float)
VECTOR_TYPE(double)
VECTOR_TYPE(int)
VECTOR_TYPE(uint)
VECTOR_TYPE(long)
VECTOR_TYPE(ushort)
VECTOR_TYPE(uchar)

#define ATOMIC_CAS(NAME, T, R, SPACE, STATE, BITS)                                                  \
  OVERLOAD T NAME(volatile SPACE T* p, T expected, T value) {                                      \
    T old;                                                                                         \
    __asm__ volatile("atom." STATE ".cas.b" BITS " %0, [%1], %2, %3;" : "=" R(old) : "l"(p), R(expected), R(value) : "memory"); \
    return old;                                                                                    \
  }
#define ATOMIC(NAME, T, R, SPACE, STATE, OP)                                                        \
  OVERLOAD T NAME(volatile SPACE T* p, T value) {                                                  \
    T old;                                                                                         \
    __asm__ volatile("atom." STATE "." OP " %0, [%1], %2;" : "=" R(old) : "l"(p), R(value) : "memory"); \
    return old;                                                                                    \
  }
#define ATOMICS(T, S, SPACE, STATE)                                                                 \
  ATOMIC_CAS(nv_atomic_cmpxchg, T, "r", SPACE, STATE, "32")                                         \
  ATOMIC(nv_atomic_add, T, "r", SPACE, STATE, "add." S)                                             \
  ATOMIC(nv_atomic_xchg, T, "r", SPACE, STATE, "exch.b32")                                          \
  ATOMIC(nv_atomic_min, T, "r", SPACE, STATE, "min." S)                                             \
  ATOMIC(nv_atomic_max, T, "r", SPACE, STATE, "max." S)                                             \
  ATOMIC(nv_atomic_and, T, "r", SPACE, STATE, "and.b32")                                            \
  ATOMIC(nv_atomic_or, T, "r", SPACE, STATE, "or.b32")                                              \
  ATOMIC(nv_atomic_xor, T, "r", SPACE, STATE, "xor.b32")                                            \
  OVERLOAD T nv_atomic_inc(volatile SPACE T* p) { return nv_atomic_add(p, (T)1); }                  \
  OVERLOAD T nv_atomic_sub(volatile SPACE T* p, T value) { return nv_atomic_add(p, (T)(0 - value)); } \
  OVERLOAD T nv_atomic_dec(volatile SPACE T* p) { return nv_atomic_add(p, (T)-1); }
ATOMICS(uint, "u32", __global, "global")
ATOMICS(uint, "u32", __local, "shared")
ATOMICS(int, "s32", __global, "global")
ATOMICS(int, "s32", __local, "shared")
ATOMIC_CAS(nv_atom_cmpxchg, ulong, "l", __global, "global", "64")
ATOMIC_CAS(nv_atom_cmpxchg, long, "l", __global, "global", "64")

#define fma nv_fma
#define mad nv_mad
#define fmin nv_fmin
#define fmax nv_fmax
#define min nv_min
#define max nv_max
#define clamp nv_clamp
#define abs nv_abs
#define fabs nv_fabs
#define floor nv_floor
#define ceil nv_ceil
#define trunc nv_trunc
#define rint nv_rint
#define copysign nv_copysign
#define sqrt nv_sqrt
#define rsqrt nv_rsqrt
#define fmod nv_fmod
#define isnan nv_isnan
#define isinf nv_isinf
#define isfinite nv_isfinite
#define mul_hi nv_mul_hi
#define clz nv_clz
#define popcount nv_popcount
#define convert_long_sat nv_convert_long_sat
#define convert_int_sat nv_convert_int_sat
#define vload_half nv_vload_half
#define vstore_half_rte nv_vstore_half_rte
#define vload2 nv_vload2
#define vload4 nv_vload4
#define vload8 nv_vload8
#define vstore2 nv_vstore2
#define vstore4 nv_vstore4
#define vstore8 nv_vstore8
#define atomic_cmpxchg nv_atomic_cmpxchg
#define atomic_add nv_atomic_add
#define atomic_sub nv_atomic_sub
#define atomic_inc nv_atomic_inc
#define atomic_dec nv_atomic_dec
#define atomic_xchg nv_atomic_xchg
#define atomic_min nv_atomic_min
#define atomic_max nv_atomic_max
#define atomic_and nv_atomic_and
#define atomic_or nv_atomic_or
#define atomic_xor nv_atomic_xor
#define atom_cmpxchg nv_atom_cmpxchg
