// One group per result: the first of equal extremes; a NaN wins over everything, the first one over the others.
KERNEL(64) void arg_max(
    GLOBAL const X* x, i64 ox, long8 keptLengths, long8 keptStrides, long8 lengths, long8 strides, i64 n, GLOBAL i64* y, i64 oy) {
  SHARED A best[64];
  SHARED i64 place[64];
  i64 row = GROUP(0), base = ox + at8(row, keptLengths, keptStrides), found = -1;
  A v = 0;
  for (i64 i = LID(0); i < n; i += 64) {
    i64 at = base + at8(i, lengths, strides);
    A e = X_LOAD;
    if (found < 0 || BEATS(e, v)) { v = e; found = i; }
  }
  best[LID(0)] = v;
  place[LID(0)] = found;
  BARRIER();
  if (LID(0) != 0) return;
  for (int i = 1; i < 64; i++) {
    if (place[i] < 0) continue;
    bool same = best[i] == v || (best[i] != best[i] && v != v);
    if (BEATS(best[i], v) || (same && place[i] < found)) { v = best[i]; found = place[i]; }
  }
  y[oy + row] = found;
}
