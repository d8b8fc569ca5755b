// What every kernel text of the library starts with: OpenCL C 1.2. Products are rounded before they are added, as on the CPU.
#pragma OPENCL FP_CONTRACT OFF
#ifdef HAS_F64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
typedef long i64;
typedef ulong u64;
#define KERNEL(size) __kernel __attribute__((reqd_work_group_size(size, 1, 1)))
#define KERNEL2(x, y) __kernel __attribute__((reqd_work_group_size(x, y, 1)))
#define GLOBAL __global
#define SHARED __local
#define LID(axis) ((int)get_local_id(axis))
#define GROUP(axis) ((i64)get_group_id(axis))
#define GID(axis) (GROUP(axis) * (i64)get_local_size(axis) + (i64)get_local_id(axis))
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)

// bfloat16 is the upper half of a float32, rounded to nearest even; a NaN stays one.
static inline float bf16_to_f32(ushort h) { return as_float((uint)h << 16); }
static inline ushort f32_to_bf16(float x) {
  uint u = as_uint(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return (ushort)((u >> 16) | 64u);
  return (ushort)((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

// Integers: a division by zero gives 0 (a processor would stop the program); -1 is a negation, which cannot overflow into a trap.
#define INTEGER_FUNCTIONS(S, T, U)                                                                                              \
  static inline T div_##S(T a, T b) { return b == 0 ? 0 : b == -1 ? (T)(0 - (U)a) : a / b; }                                    \
  static inline T rem_##S(T a, T b) { if (b == 0 || b == -1) return 0; T r = a % b; return r != 0 && (r < 0) != (b < 0) ? r + b : r; } \
  static inline T fdiv_##S(T a, T b) { T q = div_##S(a, b); return b != 0 && b != -1 && q * b != a && (a < 0) != (b < 0) ? q - 1 : q; } \
  static inline T pow_##S(T a, T b) {                                                                                           \
    if (b < 0) return a == 1 ? 1 : a == -1 ? ((b & 1) ? -1 : 1) : 0;                                                            \
    T r = 1;                                                                                                                    \
    for (; b != 0; b >>= 1) { if (b & 1) r *= a; a *= a; }                                                                      \
    return r;                                                                                                                   \
  }
INTEGER_FUNCTIONS(i32, int, uint)
INTEGER_FUNCTIONS(i64, i64, u64)

#define MAX_OF(a, b) ((a) != (a) || (a) > (b) ? (a) : (b))
#define MIN_OF(a, b) ((a) != (a) || (a) < (b) ? (a) : (b))
#define ADD_OF(a, b) ((a) + (b))
#define MUL_OF(a, b) ((a) * (b))

// A tree over the 64 items of a group; every item gets the result in v. The array lies in the kernel, one entry per item.
#define ROW_FOLD(lane, v, FOLD)                                                                    \
  {                                                                                                \
    lane[LID(0)] = v;                                                                              \
    BARRIER();                                                                                     \
    for (int h_ = 32; h_ > 0; h_ >>= 1) {                                                          \
      if (LID(0) < h_) lane[LID(0)] = FOLD(lane[LID(0)], lane[LID(0) + h_]);                       \
      BARRIER();                                                                                   \
    }                                                                                              \
    v = lane[0];                                                                                   \
    BARRIER();                                                                                     \
  }

// The place of row-major element i under lengths and strides; axes in front are 1 long and cost nothing.
static inline i64 at8(i64 i, long8 lengths, long8 strides) {
  i64 at = 0;
#define AXIS_STEP(c) if (i == 0) return at; at += (i % lengths.c) * strides.c; i /= lengths.c;
  AXIS_STEP(s7) AXIS_STEP(s6) AXIS_STEP(s5) AXIS_STEP(s4) AXIS_STEP(s3) AXIS_STEP(s2) AXIS_STEP(s1) AXIS_STEP(s0)
  return at;
}

// The first index that is out of range is kept with its place and the op that met it; the host reads it at its next wait.
#define FAULT(fault, op, place, value)                                                             \
  if (atomic_cmpxchg((volatile GLOBAL int*)(fault), 0, (int)(op)) == 0) { (fault)[1] = place; (fault)[2] = value; }
