// One item owns one column and adds in the order of the indices, so the result depends on nothing else.
KERNEL(64) void embedding_grad(GLOBAL const T* g, i64 og, GLOBAL const i64* index, i64 oi, GLOBAL T* d, i64 od, i64 count, i64 width,
    i64 rows, i64 padding) {
  i64 column = GID(0);
  if (column >= width) return;
  for (i64 i = 0; i < count; i++) {
    i64 row = index[oi + i];
    if (row != padding && row >= 0 && row < rows) d[od + row * width + column] += g[og + i * width + column];
  }
}
