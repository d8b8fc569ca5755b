// A place along an axis, counted from the end if negative; one that is outside is reported with the item that met it and read as 0.
static inline i64 place_of(i64 given, i64 length, i64 item, GLOBAL i64* fault, i64 faultNumber) {
  i64 place = given < 0 ? given + length : given;
  if (place >= 0 && place < length) return place;
  FAULT(fault, faultNumber, item, given)
  return 0;
}
