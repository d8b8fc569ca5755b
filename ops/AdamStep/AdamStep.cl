// Steps of up to ten parameters in one launch: a group of items takes a chunk of one of them. X is the type of parameters and gradients in
// memory, S that of their state, T what is computed in. A place that is not used has length 0. The order of operations is PyTorch's, as on
// the host.
#define CHUNK 2048
#define EACH_SET(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9)
#define PAIR(i) i64 n##i, GLOBAL X* p##i, i64 op##i, GLOBAL const X* g##i, i64 og##i,
#define STATE(name, i) GLOBAL S* name##i, i64 o##name##i,
#define CHOOSE(i, MORE)                                                                      \
  if (group >= 0 && group < (n##i + CHUNK - 1) / CHUNK) {                                    \
    n = n##i; first = group * CHUNK; p = p##i + op##i; g = g##i + og##i; MORE                \
  }                                                                                          \
  group -= (n##i + CHUNK - 1) / CHUNK;

#ifdef ADAM
#if KEEPS_LARGEST
#define SET(i) PAIR(i) STATE(m, i) STATE(v, i) STATE(top, i)
#define CHOOSE_SET(i) CHOOSE(i, m = m##i + om##i; v = v##i + ov##i; top = top##i + otop##i;)
#else
#define SET(i) PAIR(i) STATE(m, i) STATE(v, i)
#define CHOOSE_SET(i) CHOOSE(i, m = m##i + om##i; v = v##i + ov##i;)
#endif
KERNEL(256) void adam_step(EACH_SET(SET) T beta1, T rest1, T beta2, T rest2, T eps, T decay, T shrink, T root, T step) {
  i64 group = GROUP(0), n = 0, first = 0;
  GLOBAL X* p = p0;
  GLOBAL const X* g = g0;
  GLOBAL S* m = m0;
  GLOBAL S* v = v0;
#if KEEPS_LARGEST
  GLOBAL S* top = top0;
#endif
  EACH_SET(CHOOSE_SET)
  n = min(n, first + CHUNK);
  for (i64 i = first + LID(0); i < n; i += 256) {
    T w = LOAD_X(p), d = LOAD_X(g);
    if (decay != 0) d += decay * w;
    T mean = LOAD_S(m) * beta1 + d * rest1, square = LOAD_S(v) * beta2 + d * d * rest2;
    STORE_S(m, mean)
    STORE_S(v, square)
#if KEEPS_LARGEST
    T largest = LOAD_S(top);
    square = MAX_OF(largest, square);
    STORE_S(top, square)
#endif
    w = w * shrink + step * mean / (SQRT(square) / root + eps);
    STORE_X(p, w)
  }
}
#endif

#ifdef SGD
#define SET(i) PAIR(i) STATE(b, i)
#define CHOOSE_SET(i) CHOOSE(i, b = b##i + ob##i;)
KERNEL(256) void sgd_step(EACH_SET(SET) int keeps, int isFirst, int nesterov, T rate, T decay, T momentum, T share) {
  i64 group = GROUP(0), n = 0, first = 0;
  GLOBAL X* p = p0;
  GLOBAL const X* g = g0;
  GLOBAL S* b = b0;
  EACH_SET(CHOOSE_SET)
  n = min(n, first + CHUNK);
  for (i64 i = first + LID(0); i < n; i += 256) {
    T w = LOAD_X(p), d = LOAD_X(g);
    if (decay != 0) d += decay * w;
    if (keeps) {
      T sum = isFirst ? d : LOAD_S(b) * momentum + d * share;
      STORE_S(b, sum)
      d = nesterov ? d + momentum * sum : sum;
    }
    w = w + rate * d;
    STORE_X(p, w)
  }
}
#endif
