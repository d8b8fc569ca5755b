// Philox4x32-10 (Salmon et al. 2011): four words for a counter of 128 bits under a key of 64. src/Ballast.Tensors/Random/Philox.cs is the
// same on the host.
static inline uint4 philox(u64 key, u64 low, u64 high) {
  uint x = (uint)low, y = (uint)(low >> 32), z = (uint)high, w = (uint)(high >> 32), a = (uint)key, b = (uint)(key >> 32);
  for (int round = 0; round < 10; round++) {
    u64 p = (u64)0xd2511f53u * x, q = (u64)0xcd9e8d57u * z;
    x = (uint)(q >> 32) ^ y ^ a;
    y = (uint)q;
    z = (uint)(p >> 32) ^ w ^ b;
    w = (uint)p;
    a += 0x9e3779b9u;
    b += 0xbb67ae85u;
  }
  return (uint4)(x, y, z, w);
}

// Uniform in [0, 1) with 24 bits; normal by Box and Muller; exponential with mean 1 from 64 bits, exact near 0 too.
static inline float uniform_f32(uint4 r) { return (float)(r.x >> 8) * 5.9604644775390625e-8f; }
static inline float normal_f32(uint4 r) {
  float u = ((float)(r.x >> 8) + 1.0f) * 5.9604644775390625e-8f, v = (float)(r.y >> 8) * 5.9604644775390625e-8f;
  return sqrt_f32(-2.0f * log_f32(u)) * cos_f32(6.28318531f * v);
}
static inline float exponential_f32(uint4 r) {
  float u = (float)(((u64)r.x << 32) | r.y | 1) * 5.42101086e-20f;
  return u < 0.01f ? u * fma_f32(u, fma_f32(u, fma_f32(u, fma_f32(u, 0.2f, 0.25f), 0.333333343f), 0.5f), 1.0f)
    : -log_f32(fma_f32((float)(~r.x), 2.32830644e-10f, 1.16415322e-10f));
}
#ifdef HAS_F64
static inline double part53(uint high, uint low) { return (double)((((u64)high << 32) | low) >> 11) * 1.1102230246251565e-16; }
static inline double uniform_f64(uint4 r) { return part53(r.x, r.y); }
static inline double normal_f64(uint4 r) {
  return sqrt_f64(-2.0 * log_f64(1.0 - part53(r.x, r.y))) * cos_f64(6.2831853071795865 * part53(r.z, r.w));
}
static inline double exponential_f64(uint4 r) {
  double u = ((double)r.x + ((double)r.y + 0.5) * 2.3283064365386963e-10) * 2.3283064365386963e-10;
  return u < 0.01 ? u * (1.0 + u * (0.5 + u * (0.33333333333333331 + u * (0.25 + u * 0.2)))) : -log_f64(1.0 - u);
}
#endif
