// Linux calls that Swift's Glibc module leaves out, because they hide behind _GNU_SOURCE.
#ifndef BLECHD_CLINUX_SHIM_H
#define BLECHD_CLINUX_SHIM_H

#include <sys/types.h>

extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
static const int clinux_fallocate_keep_size = 0x01;    // FALLOC_FL_KEEP_SIZE

#endif
