// Linux calls that Swift's Glibc module leaves out, because they hide behind _GNU_SOURCE or take any number of
// arguments.
#ifndef BLECHD_CLINUX_SHIM_H
#define BLECHD_CLINUX_SHIM_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>

// Renames only where the new name is free (man 2 renameat2).
extern int renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned flags);
static const unsigned clinux_rename_no_replace = 1;    // RENAME_NOREPLACE

// What kind of entry readdir tells of (man 3 readdir).
static const int clinux_entry_unknown = 0;      // DT_UNKNOWN
static const int clinux_entry_directory = 4;    // DT_DIR

// A descriptor that one thread makes readable to wake another (man 2 eventfd).
static inline int clinux_waker(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static const int clinux_open_path = 010000000;    // O_PATH

// The file system's magic number (man 2 statfs), or 0.
static inline unsigned long clinux_file_system(int descriptor) {
    struct statfs state;
    return fstatfs(descriptor, &state) == 0 ? (unsigned long)(unsigned)state.f_type : 0;
}

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
