// Linux calls that Swift's Glibc module leaves out, because they hide behind _GNU_SOURCE or take any number of
// arguments.
#ifndef BLECHD_CLINUX_SHIM_H
#define BLECHD_CLINUX_SHIM_H

#include <fcntl.h>
#include <signal.h>

// A lease (man 2 fcntl): while it is held, whoever opens the file waits. Refused where anyone else has it open.
//
// The holder is told of a waiting opener by a signal, SIGIO by default, which kills; SIGURG is ignored unless
// somebody handles it. Giving a lease back resets the choice.
static inline int clinux_take_write_lease(int descriptor) {
    if (fcntl(descriptor, 10 /* F_SETSIG */, SIGURG) != 0) return -1;
    return fcntl(descriptor, 1024 /* F_SETLEASE */, F_WRLCK);
}

static inline int clinux_give_lease_back(int descriptor) {
    return fcntl(descriptor, 1024 /* F_SETLEASE */, F_UNLCK);
}

#endif
