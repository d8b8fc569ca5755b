// The places of the true elements of a dense mask, in order: each group counts its 1024 elements, one group adds the counts up, and each
// group writes from its sum on.
#define BLOCK 1024

// Four neighbours for each item.
static inline int count4(GLOBAL const uchar* x, i64 at, i64 n) {
  int count = 0;
  for (int k = 0; k < 4; k++) count += at + k < n && x[at + k] != 0;
  return count;
}

// The sum of the items' values up to each one; the array has an entry for each item.
#define RUNNING_SUM(lane, v)                                                                       \
  {                                                                                                \
    lane[LID(0)] = v;                                                                              \
    BARRIER();                                                                                     \
    for (int h_ = 1; h_ < 256; h_ <<= 1) {                                                         \
      i64 before_ = LID(0) >= h_ ? lane[LID(0) - h_] : 0;                                          \
      BARRIER();                                                                                   \
      lane[LID(0)] += before_;                                                                     \
      BARRIER();                                                                                   \
    }                                                                                              \
  }

KERNEL(256) void nonzero_count(GLOBAL const uchar* x, i64 from, i64 n, GLOBAL i64* counts) {
  SHARED i64 lane[256];
  i64 count = count4(x + from, GROUP(0) * BLOCK + 4 * LID(0), n);
  RUNNING_SUM(lane, count)
  if (LID(0) == 255) counts[GROUP(0)] = lane[255];
}

// One group: counts become the sums before them.
KERNEL(256) void nonzero_scan(GLOBAL i64* counts, i64 blocks) {
  SHARED i64 lane[256];
  i64 sum = 0;
  for (i64 first = 0; first < blocks; first += 256) {
    i64 i = first + LID(0), count = i < blocks ? counts[i] : 0;
    RUNNING_SUM(lane, count)
    if (i < blocks) counts[i] = sum + lane[LID(0)] - count;
    sum += lane[255];
    BARRIER();
  }
}

// dims holds the mask's lengths at its end and ones before them.
KERNEL(256) void nonzero_write(GLOBAL const uchar* x, i64 from, i64 n, GLOBAL const i64* starts, int rank, long8 dims, GLOBAL i64* y,
    i64 oy) {
  SHARED i64 lane[256];
  i64 length[8];
  vstore8(dims, 0, length);
  i64 at = GROUP(0) * BLOCK + 4 * LID(0), count = count4(x + from, at, n);
  RUNNING_SUM(lane, count)
  i64 to = oy + (starts[GROUP(0)] + lane[LID(0)] - count) * rank;
  for (int k = 0; k < 4; k++) {
    if (at + k >= n || x[from + at + k] == 0) continue;
    i64 rest = at + k;
    for (int axis = 7; axis >= 8 - rank; axis--) {
      y[to + axis - (8 - rank)] = rest % length[axis];
      rest /= length[axis];
    }
    to += rank;
  }
}
