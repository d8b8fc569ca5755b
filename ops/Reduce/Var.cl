// The mean of one chunk of a result's elements, then the squares around it. A chunk of several leaves both for variance_total, in rows of
// "kept".
#define ELEMENT x[base + (flat ? i * strides.s7 : at8(i, lengths, strides))]
#define RESULT                                                          \
  if (chunks == 1) y[oy + row] = isRoot ? SQRT(squares / divisor) : squares / divisor; \
  else { parts[oParts + chunk * kept + row] = mean; parts[oParts + (chunks + chunk) * kept + row] = squares; }
#define OPERANDS                                                        \
  GLOBAL const T* x, i64 ox, long8 keptLengths, long8 keptStrides, long8 lengths, long8 strides, i64 n, i64 step, GLOBAL T* y, i64 oy, \
  GLOBAL T* parts, i64 oParts, i64 kept, i64 chunks, T divisor, int isRoot

KERNEL(64) void variance(OPERANDS) {
  SHARED T lane[64];
  i64 row = GROUP(0), chunk = GROUP(1), base = ox + at8(row, keptLengths, keptStrides), start = chunk * step, end = min(n, start + step);
  bool flat = lengths.s7 == n;
  T mean = 0, squares = 0;
  for (i64 i = start + LID(0); i < end; i += 64) mean += ELEMENT;
  ROW_FOLD(lane, mean, ADD_OF)
  mean /= (T)(end - start);
  for (i64 i = start + LID(0); i < end; i += 64) { T v = ELEMENT - mean; squares += v * v; }
  ROW_FOLD(lane, squares, ADD_OF)
  if (LID(0) == 0) { RESULT }
}

// For results whose elements lie side by side: 2^shift of them together, and the group's other items beside them in other rows.
KERNEL(256) void variance_columns(OPERANDS, int shift) {
  SHARED T lane[256];
  int columns = 1 << shift, column = LID(0) & (columns - 1), part = LID(0) >> shift, parts_ = 256 >> shift;
  i64 row = GROUP(0) * columns + column, chunk = GROUP(1), base = ox + at8(min(row, kept - 1), keptLengths, keptStrides);
  i64 start = chunk * step, end = min(n, start + step);
  bool flat = lengths.s7 == n;
  T mean = 0, squares = 0;
  for (i64 i = start + part; i < end; i += parts_) mean += ELEMENT;
  lane[LID(0)] = mean;
  BARRIER();
  mean = 0;
  for (int p = 0; p < parts_; p++) mean += lane[columns * p + column];
  mean /= (T)(end - start);
  BARRIER();
  for (i64 i = start + part; i < end; i += parts_) { T v = ELEMENT - mean; squares += v * v; }
  lane[LID(0)] = squares;
  BARRIER();
  if (part != 0 || row >= kept) return;
  for (int p = 1; p < parts_; p++) squares += lane[columns * p + column];
  RESULT
}

// Chunks of "step" (the last may be shorter) put together: the squares around the common mean. Source: Chan, Golub and LeVeque 1979.
KERNEL(256) void variance_total(
    GLOBAL const T* parts, i64 oParts, i64 kept, i64 chunks, i64 n, i64 step, GLOBAL T* y, i64 oy, T divisor, int isRoot) {
  i64 row = GID(0);
  if (row >= kept) return;
  T mean = 0, squares = 0;
  for (i64 c = 0; c < chunks; c++) mean += parts[oParts + c * kept + row] * ((T)min(step, n - c * step) / (T)n);
  for (i64 c = 0; c < chunks; c++) {
    T off = parts[oParts + c * kept + row] - mean;
    squares += parts[oParts + (chunks + c) * kept + row] + off * off * (T)min(step, n - c * step);
  }
  y[oy + row] = isRoot ? SQRT(squares / divisor) : squares / divisor;
}
