// Sorting rows of (key, place) pairs. Keys order as unsigned integers; places make all pairs different, so every method is stable.
// VALUE(p, i) reads an element as float, double or i64, KEY(v) makes its key, RAW is an unsigned type of its size.
#define TILE 1024

// NaN is the largest, -0 equals 0.
static inline u64 key_f32(float v) {
  if (v != v) return 0xffffffffu;
  uint u = v == 0 ? 0u : as_uint(v);
  return u >> 31 ? ~u : u | 0x80000000u;
}
#ifdef HAS_F64
static inline u64 key_f64(double v) {
  if (v != v) return ~(u64)0;
  u64 u = v == 0 ? 0 : as_ulong(v);
  return u >> 63 ? ~u : u | ((u64)1 << 63);
}
#endif
static inline u64 key_i64(i64 v) { return (u64)v ^ ((u64)1 << 63); }

// x [rows, n] -> pairs; flip is all ones where the largest come first.
KERNEL(256) void sort_keys(GLOBAL const STORED* x, i64 from, i64 n, i64 count, i64 flip, GLOBAL u64* keys, GLOBAL int* places) {
  i64 i = GID(0);
  if (i >= count) return;
  keys[i] = KEY(VALUE(x, from + i)) ^ (u64)flip;
  places[i] = (int)(i % n);
}

// One group sorts up to 1024 neighbours of a row [n] by exchanges in local memory and keeps the first of them. What lacks to a power of two
// is filled with pairs that come last.
KERNEL(256) void sort_tiles(GLOBAL const u64* keys, GLOBAL const int* places, i64 n, i64 tiles, int size, i64 keep, GLOBAL u64* sortedKeys,
    GLOBAL int* sortedPlaces) {
  SHARED u64 key[TILE];
  SHARED int place[TILE];
  i64 row = GROUP(0) / tiles, first = (GROUP(0) % tiles) * TILE;
  for (int i = LID(0); i < size; i += 256) {
    int there = first + i < n;
    key[i] = there ? keys[row * n + first + i] : ~(u64)0;
    place[i] = there ? places[row * n + first + i] : INT_MAX;
  }
  BARRIER();
  for (int run = 2; run <= size; run <<= 1) {
    for (int j = run >> 1; j > 0; j >>= 1) {
      for (int t = LID(0); t < size / 2; t += 256) {
        int a = 2 * t - (t & (j - 1)), b = a + j, up = (a & run) == 0;
        u64 ka = key[a], kb = key[b];
        int pa = place[a], pb = place[b], after = ka > kb || (ka == kb && pa > pb);
        if (after == up) { key[a] = kb; key[b] = ka; place[a] = pb; place[b] = pa; }
      }
      BARRIER();
    }
  }
  for (i64 i = LID(0); i < keep; i += 256) {
    sortedKeys[GROUP(0) * keep + i] = key[i];
    sortedPlaces[GROUP(0) * keep + i] = place[i];
  }
}

// Sorted runs of a row become runs of twice the length: a pair goes to its own rank plus the number of the other run's pairs before it.
KERNEL(256) void sort_merge(GLOBAL const u64* keys, GLOBAL const int* places, i64 n, i64 count, i64 run, GLOBAL u64* sortedKeys,
    GLOBAL int* sortedPlaces) {
  i64 g = GID(0);
  if (g >= count) return;
  i64 row = g / n * n, i = g % n, pair = i / (2 * run) * (2 * run);
  int right = i >= pair + run;
  i64 low = right ? pair : pair + run, high = right ? pair + run : pair + 2 * run;
  if (low > n) low = n;
  if (high > n) high = n;
  i64 start = low;
  u64 k = keys[g];
  int p = places[g];
  while (low < high) {
    i64 mid = (low + high) / 2;
    u64 other = keys[row + mid];
    if (other < k || (other == k && places[row + mid] < p)) low = mid + 1; else high = mid;
  }
  i64 to = row + (right ? i - run : i) + (low - start);
  sortedKeys[to] = k;
  sortedPlaces[to] = p;
}

// The first `keep` of each row [n], as values and places [outer, keep, inner]; rows count outer, then inner.
KERNEL(256) void sort_take(GLOBAL const STORED* x, i64 from, i64 length, GLOBAL const int* order, i64 n, i64 keep, i64 inner, i64 count,
    GLOBAL STORED* values, i64 ov, GLOBAL i64* places, i64 op) {
  i64 g = GID(0);
  if (g >= count) return;
  i64 row = g / keep, i = g % keep, to = (row / inner * keep + i) * inner + row % inner, place = order[row * n + i];
  values[ov + to] = x[from + row * length + place];
  places[op + to] = place;
}
