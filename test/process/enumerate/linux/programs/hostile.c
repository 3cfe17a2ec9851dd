/*
 * Says "ready", then makes itself as hard to read as each line of its standard input says, and answers "done", or what
 * went wrong. It ends with its input; a verb that ends in "-on" is done for ever. Words are separated by one space; those
 * called HEX are bytes in hexadecimal, "" is "-".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_WORDS 64

static char *arguments;
static size_t argument_bytes, environment_bytes;

static char *unhex(const char *hex)
{
    size_t length = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    char *bytes = calloc(length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        bytes[i] = (char)byte;
    }
    return bytes;
}

static void answer(int result)
{
    puts(result == 0 ? "done" : strerror(errno));
}

/* exec HEX-PATH [HEX-ARGUMENT...]: the arguments and no others, not even a name. */
static int run(char **word)
{
    char *args[MAX_WORDS + 1] = {NULL};
    for (int i = 2; word[i] != NULL; i++)
        args[i - 2] = unhex(word[i]);
    return execv(unhex(word[1]), args);
}

/* exec-many HEX-PATH COUNT BYTES: so many arguments of so many bytes, behind a name. */
static int run_many(char **word)
{
    int count = atoi(word[2]), bytes = atoi(word[3]);
    char **args = calloc((size_t)count + 2, sizeof *args);
    args[0] = (char *)"many";
    for (int i = 1; i <= count; i++) {
        args[i] = malloc((size_t)bytes + 1);
        memset(args[i], 'a' + i % 26, (size_t)bytes);
        args[i][bytes] = '\0';
    }
    return execv(unhex(word[1]), args);
}

/* exec-environment HEX-PATH COUNT BYTES: so many variables of so many bytes. */
static int run_in_environment(char **word)
{
    int count = atoi(word[2]), bytes = atoi(word[3]);
    char **variables = calloc((size_t)count + 1, sizeof *variables);
    for (int i = 0; i < count; i++) {
        variables[i] = malloc((size_t)bytes + 32);
        int named = sprintf(variables[i], "VARIABLE_%d=", i);
        memset(variables[i] + named, 'v', (size_t)bytes);
        variables[i][named + bytes] = '\0';
    }
    char *const args[] = {(char *)"roomy", NULL};
    return execve(unhex(word[1]), args, variables);
}

/* title HEX: over the arguments and, where it is longer, over the environment, as setproctitle(3) does. */
static int set_title(char **word)
{
    size_t length = strlen(word[1]) / 2;
    if (length > argument_bytes + environment_bytes)
        length = argument_bytes + environment_bytes;
    memset(arguments, 0, argument_bytes + environment_bytes);
    memcpy(arguments, unhex(word[1]), length);
    return 0;
}

static int deepen(char **word)
{
    char *name = unhex(word[1]);
    for (int count = atoi(word[2]); count > 0; count--)
        if (mkdir(name, 0700) != 0 || chdir(name) != 0)
            return -1;
    return 0;
}

/* copy HEX-FROM HEX-TO */
static int copy(char **word)
{
    int from = open(unhex(word[1]), O_RDONLY), to = open(unhex(word[2]), O_WRONLY | O_CREAT, 0700);
    if (from < 0 || to < 0)
        return -1;
    while (sendfile(to, from, NULL, 1 << 20) > 0)
        ;
    return close(to);
}

/* exec-memory HEX-FILE HEX-NAME HEX-ARGUMENT: a copy of a program that has no file, under a name. */
static int run_from_memory(char **word)
{
    int from = open(unhex(word[1]), O_RDONLY), memory = memfd_create(unhex(word[2]), MFD_CLOEXEC);
    if (from < 0 || memory < 0)
        return -1;
    while (sendfile(memory, from, NULL, 1 << 20) > 0)
        ;
    char *const args[] = {unhex(word[3]), NULL};
    return fexecve(memory, args, environ);
}

static void *rest(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int start_threads(char **word)
{
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 32 * 1024);
    for (int count = atoi(word[1]); count > 0; count--) {
        pthread_t thread;
        if ((errno = pthread_create(&thread, &small, rest, NULL)) != 0)
            return -1;
    }
    return 0;
}

static int leave_zombies(char **word)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    for (int count = atoi(word[1]); count > 0; count--) {
        pid_t pid = fork();
        if (pid < 0)
            return -1;
        if (pid == 0)
            _exit(0);
    }
    close(ends[1]);
    char byte;
    /* The end of the pipe comes when the last of them has ended. */
    return (int)read(ends[0], &byte, 1);
}

/* declare GIBIBYTES: so much memory, none of it ever touched, is said to be arguments (PR_SET_MM_MAP of prctl(2)). */
static int declare(char **word)
{
    size_t length = strtoul(word[1], NULL, 10) << 30;
    char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    unsigned long long start_code, end_code, start_data, end_data, start_stack, brk_start;
    FILE *file = fopen("/proc/self/stat", "r");
    if (memory == MAP_FAILED || file == NULL ||
        fscanf(file, "%*d (%*[^)]) %*c%*d%*d%*d%*d%*d%*u%*u%*u%*u%*u%*u%*u%*d%*d%*d%*d%*d%*d%*u%*u%*d%*u%llu%llu%llu%*u%*u"
                     "%*u%*u%*u%*u%*u%*u%*u%*d%*d%*u%*u%*u%*u%*d%llu%llu%llu",
               &start_code, &end_code, &start_stack, &start_data, &end_data, &brk_start) != 6)
        return -1;
    struct prctl_mm_map map = {
        .start_code = start_code, .end_code = end_code, .start_data = start_data, .end_data = end_data,
        .start_brk = brk_start, .brk = (unsigned long long)sbrk(0), .start_stack = start_stack,
        .arg_start = (unsigned long long)memory, .arg_end = (unsigned long long)memory + length,
        .env_start = (unsigned long long)memory + length, .env_end = (unsigned long long)memory + length,
        .exe_fd = (unsigned)-1,
    };
    return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

/* rename-on HEX...: one name after the other. */
static int rename_on(char **word)
{
    char *name[MAX_WORDS];
    int count = 0;
    while (word[count + 1] != NULL) {
        name[count] = unhex(word[count + 1]);
        count++;
    }
    answer(0);
    for (int i = 0; count > 0; i = (i + 1) % count)
        prctl(PR_SET_NAME, name[i]);
    return -1;
}

/* rewrite-on HEX...: one text after the other over the arguments, each padded to their length with NULs. */
static int rewrite_on(char **word)
{
    char *text[MAX_WORDS];
    int count = 0;
    while (word[count + 1] != NULL) {
        text[count] = calloc(argument_bytes, 1);
        size_t length = strlen(word[count + 1]) / 2;
        memcpy(text[count], unhex(word[count + 1]), length < argument_bytes ? length : argument_bytes);
        count++;
    }
    answer(0);
    for (int i = 0; count > 0; i = (i + 1) % count)
        memcpy(arguments, text[i], argument_bytes);
    return -1;
}

static const struct {
    const char *name;
    int (*act)(char **word);
} VERBS[] = {
    {"exec", run},
    {"exec-many", run_many},
    {"exec-environment", run_in_environment},
    {"exec-memory", run_from_memory},
    {"title", set_title},
    {"deepen", deepen},
    {"copy", copy},
    {"threads", start_threads},
    {"zombies", leave_zombies},
    {"declare", declare},
    {"rename-on", rename_on},
    {"rewrite-on", rewrite_on},
};

static int obey(char *line)
{
    char *word[MAX_WORDS + 1] = {NULL};
    for (int count = 0; count < MAX_WORDS && (word[count] = strtok(count ? NULL : line, " ")) != NULL; count++)
        ;
    for (size_t i = 0; word[0] != NULL && i < sizeof VERBS / sizeof *VERBS; i++)
        if (strcmp(word[0], VERBS[i].name) == 0)
            return VERBS[i].act(word);
    errno = ENOSYS;
    return -1;
}

int main(int argc, char **argv, char **environment)
{
    static char line[65536];
    arguments = argv[0];
    argument_bytes = argc == 0 ? 0 : (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
    for (; *environment != NULL; environment++)
        environment_bytes = (size_t)(*environment + strlen(*environment) + 1 - argv[0]) - argument_bytes;
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(obey(line));
    }
    return 0;
}
