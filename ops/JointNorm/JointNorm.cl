// Up to thirty dense tensors in a launch: a group of items takes a chunk of one of them. A place that is not used has length 0.
#define CHUNK 4096
#define EACH_SET(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15) DO(16) DO(17) \
  DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) DO(24) DO(25) DO(26) DO(27) DO(28) DO(29)
#define SET(i) i64 n##i, GLOBAL X* x##i, i64 o##i,
#define CHOOSE(i)                                                                                                            \
  if (group >= 0 && group < (n##i + CHUNK - 1) / CHUNK) { n = n##i; first = group * CHUNK; x = x##i + o##i; }                 \
  group -= (n##i + CHUNK - 1) / CHUNK;
#define TREE(lane, v)                                                                                                        \
  lane[LID(0)] = v;                                                                                                          \
  BARRIER();                                                                                                                 \
  for (int h = 128; h > 0; h >>= 1) {                                                                                        \
    if (LID(0) < h) lane[LID(0)] += lane[LID(0) + h];                                                                        \
    BARRIER();                                                                                                               \
  }

KERNEL(256) void square_sums(EACH_SET(SET) GLOBAL T* sums, i64 os) {
  SHARED T lane[256];
  i64 group = GROUP(0), n = 0, first = 0;
  GLOBAL X* x = x0;
  EACH_SET(CHOOSE)
  n = min(n, first + CHUNK);
  T sum = 0;
  for (i64 i = first + LID(0); i < n; i += 256) { T v = LOAD_X(x); sum += v * v; }
  TREE(lane, sum)
  if (LID(0) == 0) sums[os + GROUP(0)] = lane[0];
}

KERNEL(256) void root_of_sums(GLOBAL const T* sums, i64 os, i64 n, GLOBAL T* y, i64 oy) {
  SHARED T lane[256];
  T sum = 0;
  for (i64 i = LID(0); i < n; i += 256) sum += sums[os + i];
  TREE(lane, sum)
  if (LID(0) == 0) y[oy] = SQRT(lane[0]);
}

KERNEL(256) void clip_to_norm(EACH_SET(SET) GLOBAL const T* norm, i64 on, T limit, T least) {
  i64 group = GROUP(0), n = 0, first = 0;
  GLOBAL X* x = x0;
  EACH_SET(CHOOSE)
  n = min(n, first + CHUNK);
  T factor = limit / (norm[on] + least);
  factor = factor > 1 ? (T)1 : factor; // a NaN stays one
  for (i64 i = first + LID(0); i < n; i += 256) { T v = LOAD_X(x) * factor; STORE_X(x, v) }
}
