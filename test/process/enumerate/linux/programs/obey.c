/*
 * Says "ready", then does to itself what each line of its standard input says, and answers "done", or what went wrong.
 * It ends with its input. Words are separated by one space; a title and a name are the rest of the line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_WORDS 16

static char *arguments;
static size_t argument_bytes;

static int set_uids(char **word)
{
    if (setresuid(atoi(word[1]), atoi(word[2]), atoi(word[3])) != 0)
        return -1;
    setfsuid(atoi(word[4]));
    return 0;
}

static int set_gids(char **word)
{
    if (setresgid(atoi(word[1]), atoi(word[2]), atoi(word[3])) != 0)
        return -1;
    setfsgid(atoi(word[4]));
    return 0;
}

/* Permitted and effective are the low 32 bits given; nothing is inheritable. */
static int set_capabilities(char **word)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    unsigned bits = (unsigned)strtoul(word[1], NULL, 16);
    struct __user_cap_data_struct data[2] = {{bits, bits, 0}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &header, data);
}

static int filter_system_calls(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int set_title(const char *title)
{
    memset(arguments, 0, argument_bytes);
    strncpy(arguments, title, argument_bytes - 1);
    return 0;
}

static int leave_namespace(const char *kind)
{
    int flags = strcmp(kind, "net") == 0    ? CLONE_NEWNET
                : strcmp(kind, "mnt") == 0  ? CLONE_NEWNS
                : strcmp(kind, "user") == 0 ? CLONE_NEWUSER
                                            : -1;
    return unshare(flags);
}

/* Runs a copy of a program that has no file. */
static int run_from_memory(char *path_and_name)
{
    const char *path = strtok(path_and_name, " ");
    const char *name = strtok(NULL, "");
    int memory = memfd_create(name, MFD_CLOEXEC);
    int file = open(path, O_RDONLY);
    if (memory < 0 || file < 0)
        return -1;
    while (sendfile(memory, file, NULL, 1 << 20) > 0)
        ;
    char *const args[] = {(char *)"from-memory", NULL};
    return fexecve(memory, args, environ);
}

static int open_files(int count)
{
    while (count-- > 0)
        if (open("/dev/null", O_RDONLY) < 0)
            return -1;
    return 0;
}

static int write_file(const char *path, int bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    static char block[4096];
    for (; file >= 0 && bytes > 0; bytes -= (int)sizeof block)
        if (write(file, block, sizeof block) < 0)
            return -1;
    return fsync(file) == 0 ? close(file) : -1;
}

static int obey(char *line)
{
    char *word[MAX_WORDS + 1] = {line};
    char *rest = strchr(line, ' ');
    if (strncmp(line, "title ", 6) == 0)
        return set_title(rest + 1);
    if (strncmp(line, "name ", 5) == 0)
        return prctl(PR_SET_NAME, rest + 1);
    if (strncmp(line, "memory ", 7) == 0)
        return run_from_memory(rest + 1);
    for (int count = 0; count < MAX_WORDS && (word[count] = strtok(count ? NULL : line, " ")) != NULL; count++)
        ;
    const char *verb = word[0];
    if (strcmp(verb, "uids") == 0)
        return set_uids(word);
    if (strcmp(verb, "gids") == 0)
        return set_gids(word);
    if (strcmp(verb, "capabilities") == 0)
        return set_capabilities(word);
    if (strcmp(verb, "no-new-privileges") == 0)
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (strcmp(verb, "seccomp") == 0)
        return filter_system_calls();
    if (strcmp(verb, "unshare") == 0)
        return leave_namespace(word[1]);
    if (strcmp(verb, "chdir") == 0)
        return chdir(word[1]);
    if (strcmp(verb, "open") == 0)
        return open_files(atoi(word[1]));
    if (strcmp(verb, "write") == 0)
        return write_file(word[1], atoi(word[2]));
    if (strcmp(verb, "exec") == 0)
        return execv(word[1], word + 1);
    errno = ENOSYS;
    return -1;
}

int main(int argc, char **argv)
{
    static char line[8192];
    arguments = argv[0];
    argument_bytes = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        puts(obey(line) == 0 ? "done" : strerror(errno));
    }
    return 0;
}
