// What the kernels were built for. Data only, so that any processor can read it: a function compiled with the
// kernels' flags could itself hold an instruction that the processor lacks.
#ifndef BLECHD_CKERNELBUILD_H
#define BLECHD_CKERNELBUILD_H

// The names in /proc/cpuinfo of every processor feature that the kernels may use, separated by blanks.
extern const char *const ckernelbuild_features;

// What was asked for: native, x86-64-v3, ...
extern const char *const ckernelbuild_march;

// What the kernels choose their code by. These are constants of the source that includes this header, compiled
// with the kernels' flags: nothing else may ask for them.
enum {
#if defined(__AVX512F__)
  ckernelbuild_register_floats = 16,
#elif defined(__AVX__)
  ckernelbuild_register_floats = 8,
#else
  ckernelbuild_register_floats = 4,
#endif
#if defined(__FMA__) || defined(__aarch64__)
  ckernelbuild_fuses_multiply_add = 1,
#else
  ckernelbuild_fuses_multiply_add = 0,
#endif
};

#endif
