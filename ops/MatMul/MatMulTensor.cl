// PTX: sm_80
// y = a b (+ bias per column) of bfloat16 or float16 on tensor cores, sums in float32: a 128 x 128 tile per group of eight warps, 64 x 32
// results for each warp. Only for PTX. A tile lies in shared memory as its operand lies in global memory: with k along its rows (A_ALONG,
// B_ALONG) or across them, where ldmatrix turns it. Padded rows of 80 and 272 bytes let the eight rows of a matrix meet every bank once.
#define TILE 128
#define DEPTH 32
#define ALONG 40
#define ACROSS 136

// Eight elements of which count lie inside the matrix; the others are 0.
static inline uint4 load8(GLOBAL const ushort* p, i64 step, i64 count) {
  if (count >= 8 && step == 1 && ((u64)p & 15) == 0) return *(GLOBAL const uint4*)p;
  uint h[8];
#pragma unroll
  for (int i = 0; i < 8; i++) h[i] = i < count ? p[i * step] : 0;
  return (uint4)(h[0] | h[1] << 16, h[2] | h[3] << 16, h[4] | h[5] << 16, h[6] | h[7] << 16);
}

// A work item's two parts of a tile: 8 elements along k of one row, or of 8 rows at one k.
#define FETCH(next, x, along, first, extent, outer, inner)                                                                       \
  for (int part = 0; part < 2; part++) {                                                                                         \
    int chunk = part * 256 + item, r = (along) ? chunk >> 2 : (first_of_8(chunk)), q = (along) ? (chunk & 3) * 8 : chunk >> 4;   \
    i64 o = (first) + r, at = k0 + q;                                                                                            \
    i64 count = (along) ? (o < (extent) ? k - at : 0) : (at < k ? (extent) - o : 0);                                             \
    next[part] = load8((x) + o * (outer) + at * (inner), (along) ? (inner) : (outer), count);                                    \
  }
static inline int first_of_8(int chunk) { return (chunk & 15) * 8; }

#define KEEP(tile, next, along)                                                                                                  \
  for (int part = 0; part < 2; part++) {                                                                                         \
    int chunk = part * 256 + item;                                                                                               \
    *(SHARED uint4*)(tile + ((along) ? (chunk >> 2) * ALONG + (chunk & 3) * 8 : (chunk >> 4) * ACROSS + first_of_8(chunk))) = next[part]; \
  }

#define LDMATRIX(d, p, trans)                                                                                                    \
  __asm__ volatile("ldmatrix.sync.aligned.m8n8.x4" trans ".shared.b16 {%0, %1, %2, %3}, [%4];"                                   \
    : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3]) : "l"(p) : "memory")
#if A_ALONG
#define LDMATRIX_A(d, p) LDMATRIX(d, p, "")
#else
#define LDMATRIX_A(d, p) LDMATRIX(d, p, ".trans")
#endif
#if B_ALONG
#define LDMATRIX_B(d, p) LDMATRIX(d, p, "")
#else
#define LDMATRIX_B(d, p) LDMATRIX(d, p, ".trans")
#endif

KERNEL(256) void matmul_tensor(
    GLOBAL const ushort* a, i64 oa, i64 batchA, i64 rowA, i64 columnA, GLOBAL const ushort* b, i64 ob, i64 batchB, i64 rowB, i64 columnB,
    GLOBAL ushort* y, i64 oy, i64 m, i64 n, i64 k, GLOBAL const ushort* bias, i64 oBias, i64 strideBias, int hasBias) {
  SHARED ushort tileA[A_ALONG ? TILE * ALONG : DEPTH * ACROSS] __attribute__((aligned(16)));
  SHARED ushort tileB[B_ALONG ? TILE * ALONG : DEPTH * ACROSS] __attribute__((aligned(16)));
  int item = LID(0), lane = item & 31, left = (item >> 7) * 64, right = ((item >> 5) & 3) * 32;
  i64 row0 = GROUP(1) * TILE, column0 = GROUP(0) * TILE, batch = GROUP(2), k0 = 0;
  a += oa + batch * batchA;
  b += ob + batch * batchB;
  y += oy + batch * m * n;
  // Where a lane's row of eight begins in the matrices of a fragment.
  int eight = lane & 7, low = ((lane >> 3) & 1) * 8, high = (lane >> 4) * 8;
  int fromA = A_ALONG ? (left + eight + low) * ALONG + high : (eight + high) * ACROSS + left + low;
  int fromB = B_ALONG ? (right + eight + high) * ALONG + low : (eight + low) * ACROSS + right + high;
  float sum[4][4][4];
  uint4 nextA[2], nextB[2];
#pragma unroll
  for (int i = 0; i < 64; i++) sum[i / 16][i / 4 % 4][i % 4] = 0;
  FETCH(nextA, a, A_ALONG, row0, m, rowA, columnA)
  FETCH(nextB, b, B_ALONG, column0, n, columnB, rowB)
  for (; k0 < k; ) {
    BARRIER();
    KEEP(tileA, nextA, A_ALONG)
    KEEP(tileB, nextB, B_ALONG)
    BARRIER();
    k0 += DEPTH;
    // The next tile is on its way while this one is multiplied.
    if (k0 < k) {
      FETCH(nextA, a, A_ALONG, row0, m, rowA, columnA)
      FETCH(nextB, b, B_ALONG, column0, n, columnB, rowB)
    }
    // Lanes that met the matrix's edge took longer; a tensor core takes a whole warp.
    __asm__ volatile("bar.warp.sync 0xffffffff;" ::: "memory");
#pragma unroll
    for (int q = 0; q < DEPTH; q += 16) {
      uint fragmentA[4][4], fragmentB[2][4];
#pragma unroll
      for (int i = 0; i < 4; i++) LDMATRIX_A(fragmentA[i], tileA + fromA + (A_ALONG ? i * 16 * ALONG + q : q * ACROSS + i * 16));
#pragma unroll
      for (int j = 0; j < 2; j++) LDMATRIX_B(fragmentB[j], tileB + fromB + (B_ALONG ? j * 16 * ALONG + q : q * ACROSS + j * 16));
#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
          __asm__("mma.sync.aligned.m16n8k16.row.col.f32." MMA "." MMA ".f32 "
            "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(sum[i][j][0]), "+f"(sum[i][j][1]), "+f"(sum[i][j][2]), "+f"(sum[i][j][3])
            : "r"(fragmentA[i][0]), "r"(fragmentA[i][1]), "r"(fragmentA[i][2]), "r"(fragmentA[i][3]),
              "r"(fragmentB[j >> 1][(j & 1) * 2]), "r"(fragmentB[j >> 1][(j & 1) * 2 + 1]));
    }
  }
#pragma unroll
  for (int i = 0; i < 64; i++) {
    i64 row = row0 + left + i / 16 * 16 + i % 4 / 2 * 8 + (lane >> 2), column = column0 + right + i / 4 % 4 * 8 + (lane & 3) * 2 + i % 2;
    if (row >= m || column >= n) continue;
    float add = hasBias ? LOAD(bias, oBias + column * strideBias) : 0;
    STORE(y, row * n + column, sum[i / 16][i / 4 % 4][i % 4] + add)
  }
}
