// Up to eight tensors joined along one axis. X is as wide as an element; a part's place holds what brings its first element to index 0 of
// its run, so that all read by the place in the result. The vectors stand in front: each is aligned to its 64 bytes.
#define PART_ARGS(p) GLOBAL const X* x##p, i64 o##p, i64 end##p
#define TAKE(p) if (at < end##p) { y[to] = x##p[o##p + at8(i, lengths, s##p)]; return; }

KERNEL(256) void cat(
    long8 lengths, long8 steps, long8 s0, long8 s1, long8 s2, long8 s3, long8 s4, long8 s5, long8 s6, long8 s7,
    GLOBAL X* y, i64 oy, i64 n, i64 length, i64 inner, PART_ARGS(0), PART_ARGS(1), PART_ARGS(2), PART_ARGS(3), PART_ARGS(4), PART_ARGS(5),
    PART_ARGS(6), PART_ARGS(7)) {
  i64 i = GID(0);
  if (i >= n) return;
  i64 at = i / inner % length, to = oy + at8(i, lengths, steps);
  TAKE(0) TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6) TAKE(7)
}
