// One item takes one element of the region and walks all places in order, so repeated ones do not race: value q lies at steps over the
// places' own axes (wide), its target at the sum of the places [named, count] over the named axes. PUT(to, from) writes or adds an element.
static inline void index_put(GLOBAL const STORED* values, i64 a, GLOBAL STORED* y, i64 to, GLOBAL const i64* places, i64 count, int named,
    long8 wide, long8 steps, long8 lengths, long8 strides, GLOBAL i64* fault, i64 faultNumber) {
  i64 length[8], stride[8];
  vstore8(lengths, 0, length);
  vstore8(strides, 0, stride);
  for (i64 q = 0; q < count; q++) {
    i64 at = to;
    for (int k = 0; k < named; k++) at += place_of(places[k * count + q], length[k], q, fault, faultNumber) * stride[k];
    PUT(y, at, values, a + at8(q, wide, steps))
  }
}
