// One group per result: the mean, then the squares around it.
KERNEL(64) void variance(
    GLOBAL const T* x, i64 ox, long8 keptLengths, long8 keptStrides, long8 lengths, long8 strides, i64 n, GLOBAL T* y, i64 oy, T divisor,
        int isRoot) {
  SHARED T lane[64];
  i64 row = GROUP(0), base = ox + at8(row, keptLengths, keptStrides);
  T mean = 0, squares = 0;
  for (i64 i = LID(0); i < n; i += 64) mean += x[base + at8(i, lengths, strides)];
  ROW_FOLD(lane, mean, ADD_OF)
  mean /= (T)n;
  for (i64 i = LID(0); i < n; i += 64) { T v = x[base + at8(i, lengths, strides)] - mean; squares += v * v; }
  ROW_FOLD(lane, squares, ADD_OF)
  if (LID(0) == 0) y[oy + row] = isRoot ? SQRT(squares / divisor) : squares / divisor;
}
