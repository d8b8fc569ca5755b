// A group takes one place in the list and 256 columns. The first place of a number adds up the rows of all places that name it, in their
// order, so the result depends on nothing else; rows that nobody names were filled with 0 before.
KERNEL(64) void embedding_grad(GLOBAL const T* g, i64 og, GLOBAL const i64* index, i64 oi, GLOBAL T* d, i64 od, i64 count, i64 width,
    i64 rows, i64 padding) {
  SHARED int lane[64];
  i64 place = GROUP(0), column = GROUP(1) * 256 + LID(0), row = index[oi + place];
  int seen = row == padding || row < 0 || row >= rows;
  for (i64 i = LID(0); i < place && !seen; i += 64) seen = index[oi + i] == row;
  ROW_FOLD(lane, seen, MAX_OF)
  if (seen) return;
  T sum[4];
  for (int k = 0; k < 4; k++) sum[k] = 0;
  for (i64 i = place; i < count; i++) {
    if (index[oi + i] != row) continue;
    for (int k = 0; k < 4; k++)
      if (column + 64 * k < width) sum[k] += g[og + i * width + column + 64 * k];
  }
  for (int k = 0; k < 4; k++)
    if (column + 64 * k < width) d[od + row * width + column + 64 * k] = sum[k];
}
