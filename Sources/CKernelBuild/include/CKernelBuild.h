// What the kernels were built for. Data only, so that any processor can read it: a function compiled with the
// kernels' flags could itself hold an instruction that the processor lacks.
#ifndef BLECHD_CKERNELBUILD_H
#define BLECHD_CKERNELBUILD_H

// The names in /proc/cpuinfo of every processor feature that the kernels may use, separated by blanks.
extern const char *const ckernelbuild_features;

// What was asked for: native, x86-64-v3, ...
extern const char *const ckernelbuild_march;

#endif
