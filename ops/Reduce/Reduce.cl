// X_LOAD, A (the type that is folded in), START, FOLD and Y_STORE are defined before. Results of chunks lie side by side per result, in
// rows of "kept".
#define FOLD_NEXT \
  { i64 at = base + (flat ? i * strides.s7 : at8(i, lengths, strides)); A e = X_LOAD; v = FOLD(v, e); }

// One group folds one chunk of one result's elements.
KERNEL(64) void reduce(
    GLOBAL const X* x, i64 ox, long8 keptLengths, long8 keptStrides, long8 lengths, long8 strides, i64 n, i64 step, GLOBAL Y* y, i64 oy,
    i64 kept) {
  SHARED A lane[64];
  i64 row = GROUP(0), chunk = GROUP(1), base = ox + at8(row, keptLengths, keptStrides), end = min(n, (chunk + 1) * step);
  bool flat = lengths.s7 == n;
  A v = START;
  for (i64 i = chunk * step + LID(0); i < end; i += 64) FOLD_NEXT
  ROW_FOLD(lane, v, FOLD)
  if (LID(0) == 0) {
    i64 to = oy + chunk * kept + row;
    Y_STORE
  }
}

// For results whose elements lie side by side: 2^shift of them together, and the group's other items beside them in other rows, so that
// neighbours read neighbours.
KERNEL(256) void reduce_columns(
    GLOBAL const X* x, i64 ox, long8 keptLengths, long8 keptStrides, long8 lengths, long8 strides, i64 n, i64 step, GLOBAL Y* y, i64 oy,
    i64 kept, int shift) {
  SHARED A lane[256];
  int columns = 1 << shift, column = LID(0) & (columns - 1), part = LID(0) >> shift, parts = 256 >> shift;
  i64 row = GROUP(0) * columns + column, chunk = GROUP(1), base = ox + at8(min(row, kept - 1), keptLengths, keptStrides);
  i64 end = min(n, (chunk + 1) * step);
  bool flat = lengths.s7 == n;
  A v = START;
  for (i64 i = chunk * step + part; i < end; i += parts) FOLD_NEXT
  lane[LID(0)] = v;
  BARRIER();
  if (part != 0 || row >= kept) return;
  for (int p = 1; p < parts; p++) { A e = lane[columns * p + column]; v = FOLD(v, e); }
  i64 to = oy + chunk * kept + row;
  Y_STORE
}
