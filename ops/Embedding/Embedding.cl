// Rows of a table by number. An index outside is reported and read as row 0.
KERNEL(256) void embedding(
    i64 total, GLOBAL const RAW* table, i64 ot, i64 rowStride, i64 columnStride, GLOBAL const i64* index, i64 oi, GLOBAL RAW* y, i64 oy,
    i64 width, i64 rows, GLOBAL i64* fault, i64 faultNumber) {
  i64 i = GID(0);
  if (i >= total) return;
  i64 place = i / width, row = index[oi + place];
  if (row < 0 || row >= rows) {
    FAULT(fault, faultNumber, place, row)
    row = 0;
  }
  y[oy + i] = table[ot + row * rowStride + (i % width) * columnStride];
}
