// One work group folds one chunk of one result's elements; X_LOAD, A (the type that is folded in), START, FOLD and Y_STORE are defined
// before.
KERNEL(64) void reduce(
    GLOBAL const X* x, i64 ox, long8 keptLengths, long8 keptStrides, long8 lengths, long8 strides, i64 n, i64 step, GLOBAL Y* y, i64 oy,
        i64 chunks) {
  SHARED A lane[64];
  i64 row = GROUP(0), chunk = GROUP(1), base = ox + at8(row, keptLengths, keptStrides), end = min(n, (chunk + 1) * step);
  A v = START;
  for (i64 i = chunk * step + LID(0); i < end; i += 64) {
    i64 at = base + at8(i, lengths, strides);
    A e = X_LOAD;
    v = FOLD(v, e);
  }
  ROW_FOLD(lane, v, FOLD)
  if (LID(0) == 0) {
    i64 to = oy + row * chunks + chunk;
    Y_STORE
  }
}
