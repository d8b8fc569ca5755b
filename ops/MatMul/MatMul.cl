// y = a b (+ bias per column): a 64 x 64 tile per group of 16 x 16 items, 4 x 4 results each. Row and column strides, so transposes cost
// nothing. The sums over k of a's rows (the gradient of a bias) cost no further launch: the first column of groups takes them. S is what lies in memory and T what is computed in: bfloat16 and float16 become float32 on their way into the tile.
KERNEL2(16, 16) void matmul(
    GLOBAL const S* a, i64 oa, i64 batchA, i64 rowA, i64 columnA, GLOBAL const S* b, i64 ob, i64 batchB, i64 rowB, i64 columnB,
    GLOBAL S* y, i64 oy, i64 m, i64 n, i64 k, GLOBAL const S* bias, i64 oBias, i64 strideBias, int hasBias,
    GLOBAL S* sums, i64 oSums, int hasSums) {
  SHARED T tileA[16][65];
  SHARED T tileB[16][65];
  int lx = LID(0), ly = LID(1), item = ly * 16 + lx;
  i64 row0 = GROUP(1) * 64, column0 = GROUP(0) * 64, batch = GROUP(2);
  a += oa + batch * batchA;
  b += ob + batch * batchB;
  y += oy + batch * m * n;
  T sum[4][4];
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) sum[i][j] = 0;
  bool sumsRow = hasSums && GROUP(0) == 0 && item < 64 && row0 + item < m;
  T rowSum = 0;
  for (i64 k0 = 0; k0 < k; k0 += 16) {
    for (int part = 0; part < 4; part++) {
      int at = part * 256 + item, ka = at % 16, ra = at / 16, cb = at % 64, kb = at / 64;
      tileA[ka][ra] = row0 + ra < m && k0 + ka < k ? LOAD(a, (row0 + ra) * rowA + (k0 + ka) * columnA) : 0;
      tileB[kb][cb] = column0 + cb < n && k0 + kb < k ? LOAD(b, (k0 + kb) * rowB + (column0 + cb) * columnB) : 0;
    }
    BARRIER();
    if (sumsRow)
      for (int q = 0; q < 16; q++) rowSum += tileA[q][item];
    for (int q = 0; q < 16; q++) {
      T left[4], right[4];
      for (int i = 0; i < 4; i++) left[i] = tileA[q][ly + 16 * i];
      for (int j = 0; j < 4; j++) right[j] = tileB[q][lx + 16 * j];
      for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) sum[i][j] = MULTIPLY_ADD(left[i], right[j], sum[i][j]);
    }
    BARRIER();
  }
  if (sumsRow) { STORE(sums, oSums + row0 + item, rowSum) }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      i64 row = row0 + ly + 16 * i, column = column0 + lx + 16 * j;
      if (row < m && column < n) { STORE(y, row * n + column, sum[i][j] + (hasBias ? LOAD(bias, oBias + column * strideBias) : 0)) }
    }
}
