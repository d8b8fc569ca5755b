// One group per slice along an axis whose neighbours are "inner" elements apart.
#define SLICE(row) (((row) / inner) * n * inner + (row) % inner)

KERNEL(64) void softmax(GLOBAL const T* x, i64 ox, GLOBAL T* y, i64 oy, i64 n, i64 inner, int isLog) {
  SHARED T lane[64];
  i64 from = SLICE(GROUP(0));
  x += ox + from;
  y += oy + from;
  T top = -INFINITY, sum = 0;
  for (i64 i = LID(0); i < n; i += 64) { T v = x[i * inner]; top = MAX_OF(top, v); }
  ROW_FOLD(lane, top, MAX_OF)
  for (i64 i = LID(0); i < n; i += 64) sum += EXP(x[i * inner] - top);
  ROW_FOLD(lane, sum, ADD_OF)
  T log_sum = LOG(sum);
  for (i64 i = LID(0); i < n; i += 64) {
    T v = x[i * inner] - top;
    y[i * inner] = isLog ? v - log_sum : EXP(v) / sum;
  }
}

KERNEL(64) void softmax_grad(GLOBAL const T* g, i64 og, GLOBAL const T* y, i64 oy, GLOBAL T* d, i64 od, i64 n, i64 inner, int isLog) {
  SHARED T lane[64];
  i64 from = SLICE(GROUP(0));
  g += og + from;
  y += oy + from;
  d += od + from;
  T sum = 0;
  for (i64 i = LID(0); i < n; i += 64) sum += isLog ? g[i * inner] : g[i * inner] * y[i * inner];
  ROW_FOLD(lane, sum, ADD_OF)
  for (i64 i = LID(0); i < n; i += 64) {
    T r = y[i * inner], v = g[i * inner];
    d[i * inner] = isLog ? v - EXP(r) * sum : (v - sum) * r;
  }
}
