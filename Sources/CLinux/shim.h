// Linux calls that Swift's Glibc module leaves out, because they hide behind _GNU_SOURCE or take any number of
// arguments.
#ifndef BLECHD_CLINUX_SHIM_H
#define BLECHD_CLINUX_SHIM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

// Renames only where the new name is free (man 2 renameat2).
extern int renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned flags);
static const unsigned clinux_rename_no_replace = 1;    // RENAME_NOREPLACE

// What kind of entry readdir tells of (man 3 readdir).
static const int clinux_entry_unknown = 0;      // DT_UNKNOWN
static const int clinux_entry_directory = 4;    // DT_DIR

// Opens without the right to read (man 2 open).
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

// A counter that wakes whoever polls it (man 2 eventfd).
static inline int clinux_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int clinux_unix_socket(void) {
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
static inline int clinux_accept(int listener) { return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); }

// Who connected, as the kernel knows it (man 7 unix, struct ucred).
struct clinux_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

static inline int clinux_peer(int connection, struct clinux_peer *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, peer, &length);
}

// The peer's supplementary groups. `length` in bytes: the room that there is, then what the groups take; ERANGE
// where that is more.
static inline int clinux_peer_groups(int connection, gid_t *groups, socklen_t *length) {
    return getsockopt(connection, SOL_SOCKET, 59 /* SO_PEERGROUPS */, groups, length);
}

// The C library hides `syscall` and what counts processors behind _GNU_SOURCE, and has no ioprio_set.
extern long syscall(long number, ...);

// The processors that the calling thread may run on, a bit for each, in `length` bytes; how many of the bytes the
// kernel knows, or -1.
static inline long clinux_processors(unsigned char *mask, size_t length) {
    return syscall(SYS_sched_getaffinity, 0, length, mask);
}

static inline long clinux_set_processors(const unsigned char *mask, size_t length) {
    return syscall(SYS_sched_setaffinity, 0, length, mask);
}

// Of the calling thread (man 2 ioprio_set).
static const int clinux_io_best_effort = 2;    // IOPRIO_CLASS_BE
static const int clinux_io_idle = 3;           // IOPRIO_CLASS_IDLE

static inline long clinux_set_io_priority(int io_class, int level) {
    return syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, io_class << 13 | level);
}

extern int pipe2(int ends[2], int flags);

// Runs a program that the kernel kills when the calling thread ends, however it ends (man 2 prctl, PR_SET_PDEATHSIG),
// with `input` as its stdin and our stderr as its stdout. 0, or the number of the error that kept it from running.
//
// In C, as Swift has no fork: between it and exec only what is safe in a signal handler may be called.
static inline int clinux_run_until_own_end(const char *program, char *const arguments[], char *const environment[],
                                           int input, pid_t *process) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return errno;
    pid_t parent = getpid();
    *process = fork();
    if (*process == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) {
            if (getppid() != parent) _exit(127);    // It ended before that.
            signal(SIGPIPE, SIG_DFL);               // What is ignored would be ignored by the program, too.
            if (dup2(input, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
                execve(program, arguments, environment);
        }
        int number = errno;
        _exit(write(report[1], &number, sizeof number) == sizeof number ? 127 : 126);
    }
    int number = *process < 0 ? errno : 0;
    close(report[1]);
    // Closed without a word by exec.
    if (*process > 0) {
        int told = 0;
        ssize_t count;
        do count = read(report[0], &told, sizeof told); while (count < 0 && errno == EINTR);
        if (count == sizeof told) number = told;
        if (number != 0) while (waitpid(*process, 0, 0) < 0 && errno == EINTR) {}
    }
    close(report[0]);
    return number;
}

// A file in memory, which nobody else can reach (man 2 memfd_create).
static inline int clinux_memory_file(void) {
    return (int)syscall(SYS_memfd_create, "blechd", 1 /* MFD_CLOEXEC */);
}

#endif
