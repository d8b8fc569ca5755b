// Attention in tiles: a group owns BQ rows (queries, or keys in the last kernel) and walks over tiles of BK of the other side, so the T x S
// weights never exist. 16 items per row side by side, 4 rows per item. DP is the padded width (32, 64 or 128); X is what lies in memory, T
// what is computed in. Products may be fused with their sums here: these are matrix products.
#pragma OPENCL FP_CONTRACT ON
#define ITEMS (BQ * 4)
#define ROW4 (DP / 4 + 1)
#define WEIGHT4 (BK / 4 + 1)
#define KEYS (BK / 16)
#if DP == 32
#define PARTS 1
#define PART T2
#define EACH_LANE(DO) DO(0, s0) DO(1, s1)
#define LANES 2
#else
#define PARTS (DP / 64)
#define PART T4
#define EACH_LANE(DO) DO(0, s0) DO(1, s1) DO(2, s2) DO(3, s3)
#define LANES 4
#endif

// Rows from "first" on, of "count" with "width" columns, into a tile; what lies outside is 0.
#define LOAD_TILE(tile, rows, p, strides, first, count, width)                                            \
  for (int r_ = ty; r_ < rows; r_ += BQ / 4) {                                                            \
    i64 from_ = (i64)(first + r_) * strides.s0;                                                           \
    for (int c_ = tx; c_ < DP; c_ += 16) {                                                                \
      T v_ = 0;                                                                                           \
      if (first + r_ < count && c_ < width) { i64 at = from_ + c_ * strides.s1; v_ = LOAD(p); }           \
      ((SHARED T*)tile)[r_ * ROW4 * 4 + c_] = v_;                                                         \
    }                                                                                                     \
  }

// s[i][j] = row 4 ty + i of a times row tx + 16 j of b.
#define DOT_TILES(s, a, b, width)                                                                         \
  {                                                                                                       \
    T4 w_[4][KEYS];                                                                                       \
    for (int i = 0; i < 4; i++)                                                                           \
      for (int j = 0; j < KEYS; j++) w_[i][j] = 0;                                                        \
    for (int c_ = 0; c_ < (width + 3) / 4; c_++) {                                                        \
      T4 x_[4], y_[KEYS];                                                                                 \
      for (int i = 0; i < 4; i++) x_[i] = a[(4 * ty + i) * ROW4 + c_];                                    \
      for (int j = 0; j < KEYS; j++) y_[j] = b[(tx + 16 * j) * ROW4 + c_];                                \
      for (int i = 0; i < 4; i++)                                                                         \
        for (int j = 0; j < KEYS; j++) w_[i][j] = x_[i] * y_[j] + w_[i][j];                               \
    }                                                                                                     \
    for (int i = 0; i < 4; i++)                                                                           \
      for (int j = 0; j < KEYS; j++) s[i][j] = (w_[i][j].s0 + w_[i][j].s1) + (w_[i][j].s2 + w_[i][j].s3); \
  }

// sum[i][n] += row 4 ty + i of the weights times the tile's columns of this item.
#define ADD_WEIGHTED(sum, weights, tile)                                                                  \
  for (int k_ = 0; k_ < BK / 4; k_++) {                                                                   \
    T4 w_[4];                                                                                             \
    for (int i = 0; i < 4; i++) w_[i] = weights[(4 * ty + i) * WEIGHT4 + k_];                             \
    for (int n = 0; n < PARTS; n++) {                                                                     \
      SHARED const T* from_ = (SHARED const T*)(tile + 4 * k_ * ROW4) + 64 * n + LANES * tx;              \
      PART y0_ = *(SHARED const PART*)from_, y1_ = *(SHARED const PART*)(from_ + 4 * ROW4);               \
      PART y2_ = *(SHARED const PART*)(from_ + 8 * ROW4), y3_ = *(SHARED const PART*)(from_ + 12 * ROW4); \
      for (int i = 0; i < 4; i++) {                                                                       \
        sum[i][n] = w_[i].s0 * y0_ + sum[i][n];                                                           \
        sum[i][n] = w_[i].s1 * y1_ + sum[i][n];                                                           \
        sum[i][n] = w_[i].s2 * y2_ + sum[i][n];                                                           \
        sum[i][n] = w_[i].s3 * y3_ + sum[i][n];                                                           \
      }                                                                                                   \
    }                                                                                                     \
  }

#define CLEAR(sum)                                                                                        \
  for (int i = 0; i < 4; i++)                                                                             \
    for (int n = 0; n < PARTS; n++) sum[i][n] = 0;

#define STORE_LANE(l, s)                                                                                  \
  if (c_ + l < width_) { i64 to = to_ + c_ + l; T v = v_.s; STORE }

// Dense rows of "width" from "first" on, below "count".
#define STORE_TILE(sum, p, base, first, count, width)                                                     \
  for (int i = 0; i < 4; i++) {                                                                           \
    if (first + 4 * ty + i >= count) continue;                                                            \
    GLOBAL X* y = p;                                                                                      \
    int width_ = width;                                                                                   \
    i64 to_ = base + (i64)(first + 4 * ty + i) * width;                                                   \
    for (int n = 0; n < PARTS; n++) {                                                                     \
      int c_ = 64 * n + LANES * tx;                                                                       \
      PART v_ = sum[i][n];                                                                                \
      EACH_LANE(STORE_LANE)                                                                               \
    }                                                                                                     \
  }

// The score of a query and a key after scale and mask; minus infinity where the query may not look.
#define SCORE(s, query, key)                                                                              \
  s *= scale;                                                                                             \
  if (key >= nk || query >= nq || (causal && key > query)) s = -INFINITY;                                 \
  else if (mask == 1) { if (allowed[(i64)query * sm.s0 + (i64)key * sm.s1] == 0) s = -INFINITY; }         \
  else if (mask == 2) { i64 at = (i64)query * sm.s0 + (i64)key * sm.s1; s += LOAD(added); }

#define OPERANDS                                                                                          \
  long8 lengths, GLOBAL const X* q, i64 oq, long8 bq, long2 sq, GLOBAL const X* k, i64 ok, long8 bk,      \
  long2 sk, GLOBAL const X* v, i64 ov, long8 bv, long2 sv, GLOBAL const uchar* allowed,                   \
  GLOBAL const X* added, i64 om, long8 bm, long2 sm, int mask, int nq, int nk, int d, int e, T scale, int causal

#define START(row)                                                                                        \
  int tx = LID(0) & 15, ty = LID(0) >> 4;                                                                 \
  i64 batch = GROUP(0);                                                                                   \
  int row0 = (int)(row);                                                                                   \
  q += oq + at8(batch, lengths, bq);                                                                      \
  k += ok + at8(batch, lengths, bk);                                                                      \
  v += ov + at8(batch, lengths, bv);                                                                      \
  allowed += om + at8(batch, lengths, bm);                                                                \
  added += om + at8(batch, lengths, bm);

KERNEL(ITEMS) void attention(OPERANDS, GLOBAL X* o, i64 oo, GLOBAL T* lse, i64 ol) {
  SHARED T4 queries[BQ * ROW4], other[BK * ROW4], weights[BQ * WEIGHT4];
  SHARED T lane[BQ * 16];
  START(((nq - 1) / BQ - GROUP(1)) * BQ) // late tiles see most under a causal mask and go first
  PART sum[4][PARTS];
  T top[4], total[4], s[4][KEYS];
  CLEAR(sum)
  for (int i = 0; i < 4; i++) { top[i] = -INFINITY; total[i] = 0; }
  LOAD_TILE(queries, BQ, q, sq, row0, nq, d)
  int seen = causal ? min(nk, row0 + BQ) : nk;
  for (int key0 = 0; key0 < seen; key0 += BK) {
    LOAD_TILE(other, BK, k, sk, key0, nk, d)
    BARRIER();
    DOT_TILES(s, queries, other, d)
    for (int i = 0; i < 4; i++) {
      T largest = -INFINITY;
      for (int j = 0; j < KEYS; j++) {
        SCORE(s[i][j], (row0 + 4 * ty + i), (key0 + tx + 16 * j))
        largest = MAX_OF(s[i][j], largest);
      }
      lane[(4 * ty + i) * 16 + tx] = largest;
    }
    BARRIER();
    LOAD_TILE(other, BK, v, sv, key0, nk, e)
    for (int i = 0; i < 4; i++) {
      T larger = top[i];
      for (int l = 0; l < 16; l++) { T b = lane[(4 * ty + i) * 16 + l]; larger = MAX_OF(b, larger); }
      T shift = larger == -INFINITY ? 0 : larger, fade = EXP(top[i] - shift);
      top[i] = larger;
      total[i] *= fade;
      for (int n = 0; n < PARTS; n++) sum[i][n] *= fade;
      for (int j = 0; j < KEYS; j++) {
        T p = EXP(s[i][j] - shift);
        total[i] += p;
        ((SHARED T*)weights)[(4 * ty + i) * WEIGHT4 * 4 + tx + 16 * j] = p;
      }
    }
    BARRIER();
    ADD_WEIGHTED(sum, weights, other)
    BARRIER();
  }
  for (int i = 0; i < 4; i++) lane[(4 * ty + i) * 16 + tx] = total[i];
  BARRIER();
  for (int i = 0; i < 4; i++) {
    T all = 0;
    for (int l = 0; l < 16; l++) all += lane[(4 * ty + i) * 16 + l];
    // A row without any key to see gives zeros, and +infinity for the gradient, whose weights are then 0.
    for (int n = 0; n < PARTS; n++) sum[i][n] *= all == 0 ? 0 : (T)1 / all;
    if (tx == 0 && row0 + 4 * ty + i < nq) lse[ol + batch * nq + row0 + 4 * ty + i] = all == 0 ? (T)INFINITY : top[i] + LOG(all);
  }
  STORE_TILE(sum, o, oo + batch * nq * e, row0, nq, e)
}

#define GRADIENTS GLOBAL const X* g, i64 og, long8 bg, long2 sg, GLOBAL const T* lse, i64 ol, GLOBAL T* dots, i64 od

// The gradient of the queries, and the sums of g o per row that both gradients need.
KERNEL(ITEMS) void attention_grad_query(OPERANDS, GRADIENTS, GLOBAL const X* o, i64 oo, GLOBAL X* dq, i64 odq) {
  SHARED T4 queries[BQ * ROW4], slopes[BQ * ROW4], other[BK * ROW4], weights[BQ * WEIGHT4];
  START(((nq - 1) / BQ - GROUP(1)) * BQ)
  g += og + at8(batch, lengths, bg);
  o += oo + batch * nq * e;
  PART sum[4][PARTS];
  T dot[4], log_sum[4], s[4][KEYS], t[4][KEYS];
  CLEAR(sum)
  LOAD_TILE(queries, BQ, q, sq, row0, nq, d)
  LOAD_TILE(slopes, BQ, g, sg, row0, nq, e)
  BARRIER();
  for (int i = 0; i < 4; i++) {
    int row = row0 + 4 * ty + i;
    T part = 0;
    if (row < nq)
      for (int c = tx; c < e; c += 16) {
        i64 at = (i64)row * e + c;
        part += LOAD(o) * ((SHARED const T*)slopes)[(4 * ty + i) * ROW4 * 4 + c];
      }
    ((SHARED T*)weights)[(4 * ty + i) * 16 + tx] = part;
  }
  BARRIER();
  for (int i = 0; i < 4; i++) {
    int row = row0 + 4 * ty + i;
    dot[i] = 0;
    for (int l = 0; l < 16; l++) dot[i] += ((SHARED const T*)weights)[(4 * ty + i) * 16 + l];
    if (tx == 0 && row < nq) dots[od + batch * nq + row] = dot[i];
    log_sum[i] = row < nq ? lse[ol + batch * nq + row] : 0;
  }
  BARRIER();
  int seen = causal ? min(nk, row0 + BQ) : nk;
  for (int key0 = 0; key0 < seen; key0 += BK) {
    LOAD_TILE(other, BK, v, sv, key0, nk, e)
    BARRIER();
    DOT_TILES(t, slopes, other, e)
    BARRIER();
    LOAD_TILE(other, BK, k, sk, key0, nk, d)
    BARRIER();
    DOT_TILES(s, queries, other, d)
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < KEYS; j++) {
        SCORE(s[i][j], (row0 + 4 * ty + i), (key0 + tx + 16 * j))
        T p = EXP(s[i][j] - log_sum[i]);
        ((SHARED T*)weights)[(4 * ty + i) * WEIGHT4 * 4 + tx + 16 * j] = p * (t[i][j] - dot[i]) * scale;
      }
    BARRIER();
    ADD_WEIGHTED(sum, weights, other)
    BARRIER();
  }
  STORE_TILE(sum, dq, odq + batch * nq * d, row0, nq, d)
}

// The gradients of keys and values: the group's rows are keys, and it walks over the queries that see them.
KERNEL(ITEMS) void attention_grad_key_value(OPERANDS, GRADIENTS, GLOBAL X* dk, i64 odk, GLOBAL X* dv, i64 odv) {
  SHARED T4 keys[BQ * ROW4], values[BQ * ROW4], other[BK * ROW4], weights[BQ * WEIGHT4];
  START(GROUP(1) * BQ)
  g += og + at8(batch, lengths, bg);
  lse += ol + batch * nq;
  dots += od + batch * nq;
  PART key_sum[4][PARTS], value_sum[4][PARTS];
  T s[4][KEYS], t[4][KEYS];
  CLEAR(key_sum)
  CLEAR(value_sum)
  LOAD_TILE(keys, BQ, k, sk, row0, nk, d)
  LOAD_TILE(values, BQ, v, sv, row0, nk, e)
  for (int query0 = causal ? row0 / BK * BK : 0; query0 < nq; query0 += BK) {
    LOAD_TILE(other, BK, g, sg, query0, nq, e)
    BARRIER();
    DOT_TILES(t, values, other, e)
    BARRIER();
    LOAD_TILE(other, BK, q, sq, query0, nq, d)
    BARRIER();
    DOT_TILES(s, keys, other, d)
    for (int j = 0; j < KEYS; j++) {
      int query = query0 + tx + 16 * j;
      T log_sum = query < nq ? lse[query] : 0, dot = query < nq ? dots[query] : 0;
      for (int i = 0; i < 4; i++) {
        SCORE(s[i][j], query, (row0 + 4 * ty + i))
        s[i][j] = EXP(s[i][j] - log_sum);
        ((SHARED T*)weights)[(4 * ty + i) * WEIGHT4 * 4 + tx + 16 * j] = s[i][j] * (t[i][j] - dot) * scale;
      }
    }
    BARRIER();
    ADD_WEIGHTED(key_sum, weights, other)
    BARRIER();
    LOAD_TILE(other, BK, g, sg, query0, nq, e)
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < KEYS; j++) ((SHARED T*)weights)[(4 * ty + i) * WEIGHT4 * 4 + tx + 16 * j] = s[i][j];
    BARRIER();
    ADD_WEIGHTED(value_sum, weights, other)
    BARRIER();
  }
  STORE_TILE(key_sum, dk, odk + batch * nk * d, row0, nk, d)
  STORE_TILE(value_sum, dv, odv + batch * nk * e, row0, nk, e)
}
