// The order of operations is PyTorch's, as on the host.
KERNEL(256) void adam_step(
    i64 n, GLOBAL T* p, i64 op, GLOBAL const T* g, i64 og, GLOBAL T* m, i64 om, GLOBAL T* v, i64 ov, GLOBAL T* most, i64 omost,
        int keepsMost,
    T beta1, T rest1, T beta2, T rest2, T eps, T decay, T shrink, T root, T step) {
  i64 i = GID(0);
  if (i >= n) return;
  T w = p[op + i], d = g[og + i];
  if (decay != 0) d += decay * w;
  T first = m[om + i] * beta1 + d * rest1, second = v[ov + i] * beta2 + d * d * rest2;
  m[om + i] = first;
  v[ov + i] = second;
  if (keepsMost) {
    T top = most[omost + i];
    second = MAX_OF(top, second);
    most[omost + i] = second;
  }
  p[op + i] = w * shrink + step * first / (SQRT(second) / root + eps);
}

KERNEL(256) void sgd_step(
    i64 n, GLOBAL T* p, i64 op, GLOBAL const T* g, i64 og, GLOBAL T* buffer, i64 ob, int keeps, int isFirst, int nesterov, T rate, T decay,
        T momentum, T share) {
  i64 i = GID(0);
  if (i >= n) return;
  T w = p[op + i], d = g[og + i];
  if (decay != 0) d += decay * w;
  if (keeps) {
    T b = isFirst ? d : buffer[ob + i] * momentum + d * share;
    buffer[ob + i] = b;
    d = nesterov ? d + momentum * b : b;
  }
  p[op + i] = w + rate * d;
}
