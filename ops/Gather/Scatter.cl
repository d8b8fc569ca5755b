// One item walks one line in the order of its places, so repeated ones do not race. PUT(to, from) writes or adds an element.
static inline void scatter_line(GLOBAL const i64* index, i64 stepIndex, GLOBAL const STORED* values, i64 stepValue, GLOBAL STORED* y,
    i64 stride, i64 count, i64 length, i64 item, GLOBAL i64* fault, i64 faultNumber) {
  for (i64 q = 0; q < count; q++) {
    i64 place = place_of(index[q * stepIndex], length, item, fault, faultNumber);
    PUT(y, place * stride, values, q * stepValue)
  }
}
