// Layer and RMS normalisation of dense rows of n: one group per row forward and for dx, columns for the parameters.
// CENTRED is 1 where the mean is taken off (layer norm), 0 where it is fixed at zero (RMS norm).
KERNEL(64) void norm(
    GLOBAL const T* x, i64 ox, GLOBAL const T* w, i64 ow, int hasWeight, GLOBAL const T* b, i64 ob, int hasBias,
    GLOBAL T* y, i64 oy, GLOBAL T* means, i64 om, GLOBAL T* scales, i64 os, i64 n, T eps) {
  SHARED T lane[64];
  i64 row = GROUP(0);
  x += ox + row * n;
  y += oy + row * n;
  T mean = 0, squares = 0;
#if CENTRED
  for (i64 i = LID(0); i < n; i += 64) mean += x[i];
  ROW_FOLD(lane, mean, ADD_OF)
  mean /= (T)n;
#endif
  for (i64 i = LID(0); i < n; i += 64) { T v = x[i] - mean; squares += v * v; }
  ROW_FOLD(lane, squares, ADD_OF)
  T scale = (T)1 / SQRT(squares / (T)n + eps);
  for (i64 i = LID(0); i < n; i += 64) {
    T v = (x[i] - mean) * scale;
    if (hasWeight) v *= w[ow + i];
    if (hasBias) v += b[ob + i];
    y[i] = v;
  }
  if (LID(0) == 0) {
#if CENTRED
    means[om + row] = mean;
#endif
    scales[os + row] = scale;
  }
}

KERNEL(64) void norm_grad(
    GLOBAL const T* x, i64 ox, GLOBAL const T* g, i64 og, GLOBAL const T* means, i64 om, GLOBAL const T* scales, i64 os,
    GLOBAL const T* w, i64 ow, int hasWeight, GLOBAL T* d, i64 od, i64 n) {
  SHARED T lane[64];
  i64 row = GROUP(0);
  x += ox + row * n;
  g += og + row * n;
  d += od + row * n;
  T mean = CENTRED ? means[om + row] : 0, scale = scales[os + row], sum = 0, dot = 0;
  for (i64 i = LID(0); i < n; i += 64) {
    T v = hasWeight ? g[i] * w[ow + i] : g[i];
    sum += v;
    dot += v * ((x[i] - mean) * scale);
  }
  ROW_FOLD(lane, sum, ADD_OF)
  ROW_FOLD(lane, dot, ADD_OF)
  sum = CENTRED ? sum / (T)n : 0;
  dot /= (T)n;
  for (i64 i = LID(0); i < n; i += 64) {
    T v = hasWeight ? g[i] * w[ow + i] : g[i];
    d[i] = scale * (v - sum - (x[i] - mean) * scale * dot);
  }
}

// 2^shift columns together, over a chunk of "step" rows; chunks lie in rows of n, bias after weight, for norm_parameters_total.
KERNEL(256) void norm_parameters_grad(
    GLOBAL const T* x, i64 ox, GLOBAL const T* g, i64 og, GLOBAL const T* means, i64 om, GLOBAL const T* scales, i64 os,
    GLOBAL T* dw, i64 odw, int wantsWeight, GLOBAL T* db, i64 odb, int wantsBias, i64 rows, i64 step, i64 n, int shift) {
  SHARED T weights[256];
  SHARED T biases[256];
  int columns = 1 << shift, lane = LID(0) & (columns - 1), part = LID(0) >> shift, parts = 256 >> shift;
  i64 column = GROUP(0) * columns + lane, chunk = GROUP(1), end = min(rows, (chunk + 1) * step), from = min(column, n - 1);
  T weight = 0, bias = 0;
  for (i64 row = chunk * step + part; row < end; row += parts) {
    T v = g[og + row * n + from], mean = CENTRED ? means[om + row] : 0;
    bias += v;
    weight += v * ((x[ox + row * n + from] - mean) * scales[os + row]);
  }
  weights[LID(0)] = weight;
  biases[LID(0)] = bias;
  BARRIER();
  if (part != 0 || column >= n) return;
  for (int p = 1; p < parts; p++) { weight += weights[columns * p + lane]; bias += biases[columns * p + lane]; }
  if (wantsWeight) dw[odw + chunk * n + column] = weight;
  if (wantsBias) db[odb + chunk * n + column] = bias;
}

KERNEL(256) void norm_parameters_total(
    GLOBAL const T* parts, i64 oParts, i64 chunks, GLOBAL T* dw, i64 odw, int wantsWeight, GLOBAL T* db, i64 odb, int wantsBias, i64 n) {
  i64 column = GID(0);
  if (column >= n) return;
  T weight = 0, bias = 0;
  for (i64 c = 0; c < chunks; c++) {
    if (wantsWeight) weight += parts[oParts + c * n + column];
    if (wantsBias) bias += parts[oParts + (chunks + c) * n + column];
  }
  if (wantsWeight) dw[odw + column] = weight;
  if (wantsBias) db[odb + column] = bias;
}
