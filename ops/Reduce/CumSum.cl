// One group walks one line, 256 elements at a time: their running sums by doubling steps, on top of what came before.
KERNEL(256) void running_sums(
    GLOBAL const T* x, i64 ox, long8 lengths, long8 stridesX, i64 fromX, GLOBAL T* y, i64 oy, long8 stridesY, i64 fromY, i64 n) {
  SHARED T lane[256];
  x += ox + at8(GROUP(0), lengths, stridesX);
  y += oy + at8(GROUP(0), lengths, stridesY);
  T before = 0;
  for (i64 start = 0; start < n; start += 256) {
    i64 i = start + LID(0);
    lane[LID(0)] = i < n ? x[i * fromX] : 0;
    BARRIER();
    for (int h = 1; h < 256; h <<= 1) {
      T other = LID(0) >= h ? lane[LID(0) - h] : 0;
      BARRIER();
      lane[LID(0)] += other;
      BARRIER();
    }
    if (i < n) y[i * fromY] = before + lane[LID(0)];
    before += lane[255];
    BARRIER();
  }
}
