// Rows of n logits against class numbers. Stats keep each row's maximum and exponential sum for the gradient.
KERNEL(64) void cross_entropy(
    GLOBAL const T* x, i64 ox, GLOBAL const i64* target, i64 ot, GLOBAL const T* w, i64 ow, int hasWeight, GLOBAL T* stats, i64 os,
    GLOBAL T* loss, i64 ol, i64 n, i64 ignored, T smoothing, GLOBAL i64* fault, i64 faultNumber) {
  SHARED T lane[64];
  i64 row = GROUP(0), wanted = target[ot + row];
  x += ox + row * n;
  bool skip = wanted == ignored;
  if (!skip && (wanted < 0 || wanted >= n)) {
    if (LID(0) == 0) { FAULT(fault, faultNumber, row, wanted) }
    skip = true;
  }
  T top = -INFINITY, sum = 0, spread = 0, all = 0;
  for (i64 i = LID(0); i < n; i += 64) { T v = x[i]; top = MAX_OF(top, v); }
  ROW_FOLD(lane, top, MAX_OF)
  for (i64 i = LID(0); i < n; i += 64) {
    T v = x[i] - top, share = hasWeight ? w[ow + i] : (T)1;
    sum += EXP(v);
    if (smoothing != 0) { spread -= share * v; all += share; }
  }
  ROW_FOLD(lane, sum, ADD_OF)
  if (smoothing != 0) {
    ROW_FOLD(lane, spread, ADD_OF)
    ROW_FOLD(lane, all, ADD_OF)
  }
  if (LID(0) == 0) {
    T log_sum = LOG(sum), value = 0;
    if (!skip) {
      value = top - x[wanted] + log_sum;
      if (hasWeight) value *= w[ow + wanted];
      if (smoothing != 0) value = ((T)1 - smoothing) * value + smoothing / (T)n * (spread + all * log_sum);
    }
    stats[os + 2 * row] = skip ? 0 : top;
    stats[os + 2 * row + 1] = skip ? 1 : sum;
    loss[ol + row] = value;
  }
}

// The weight of all rows that count, and the sum or mean of the losses.
KERNEL(64) void cross_entropy_total(
    GLOBAL const T* loss, i64 ol, GLOBAL const i64* target, i64 ot, GLOBAL const T* w, i64 ow, int hasWeight, GLOBAL T* total, i64 oTotal,
    GLOBAL T* y, i64 oy, i64 rows, i64 n, i64 ignored, int reduction) {
  SHARED T lane[64];
  T weight = 0, sum = 0;
  for (i64 i = LID(0); i < rows; i += 64) {
    i64 wanted = target[ot + i];
    if (wanted == ignored || wanted < 0 || wanted >= n) continue;
    weight += hasWeight ? w[ow + wanted] : (T)1;
    sum += loss[ol + i];
  }
  ROW_FOLD(lane, weight, ADD_OF)
  ROW_FOLD(lane, sum, ADD_OF)
  if (LID(0) != 0) return;
  total[oTotal] = weight;
  if (reduction == 1) y[oy] = sum / weight;
  if (reduction == 2) y[oy] = sum;
}

KERNEL(64) void cross_entropy_grad(
    GLOBAL const T* x, i64 ox, GLOBAL const T* g, i64 og, GLOBAL const i64* target, i64 ot, GLOBAL const T* stats, i64 os,
    GLOBAL const T* total, i64 oTotal, GLOBAL const T* w, i64 ow, int hasWeight, GLOBAL T* d, i64 od, i64 n, i64 ignored, T smoothing,
        int reduction) {
  SHARED T lane[64];
  i64 row = GROUP(0), wanted = target[ot + row];
  x += ox + row * n;
  d += od + row * n;
  bool skip = wanted == ignored || wanted < 0 || wanted >= n;
  T all = (T)n;
  if (hasWeight && smoothing != 0) {
    all = 0;
    for (i64 i = LID(0); i < n; i += 64) all += w[ow + i];
    ROW_FOLD(lane, all, ADD_OF)
  }
  T from = reduction == 0 ? g[og + row] : g[og];
  if (reduction == 1) from /= total[oTotal];
  T sharp = skip ? 0 : ((T)1 - smoothing) * (hasWeight ? w[ow + wanted] : (T)1), even = smoothing / (T)n;
  T top = stats[os + 2 * row], scale = from * (sharp + even * all) / stats[os + 2 * row + 1];
  for (i64 i = LID(0); i < n; i += 64) {
    T v = EXP(x[i] - top) * scale - from * even * (hasWeight ? w[ow + i] : (T)1);
    if (i == wanted) v -= from * sharp;
    d[i] = skip ? 0 : v;
  }
}
