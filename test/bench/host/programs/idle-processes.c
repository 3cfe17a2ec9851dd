/*
 * idle-processes COUNT: starts COUNT processes that do nothing, says "ready" on standard output, and ends them all when
 * its standard input is closed. Whoever starts it and dies, by whatever cause, thereby ends them too.
 *
 * Each one is a program of its own (fork and exec) with a command line of its own, as on a real host.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends with the one that started it, even if that is killed. */
static void be_idle(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1)
        _exit(1);
    for (;;)
        pause();
}

/* splitmix64: command lines differ from each other, and are the same in each run. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static void exec_idle(const char *self, long number)
{
    char shard[32], queue[64], config[64];
    snprintf(shard, sizeof shard, "--shard=%ld", number);
    snprintf(queue, sizeof queue, "--queue=orders-%012llx", (unsigned long long)(mix((uint64_t)number) >> 16));
    snprintf(config, sizeof config, "/etc/shop/worker-%ld.yaml", number % 40);
    execl(self, self, "idle", shard, queue, "--config", config, (char *)NULL);
    perror("could not exec an idle process");
    _exit(1);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "idle") == 0)
        be_idle();
    long count = argc > 1 ? atol(argv[1]) : 0;
    pid_t *children = calloc((size_t)count + 1, sizeof *children);
    if (children == NULL)
        return 1;
    int failed = 0;
    long started = 0;
    for (; started < count && !failed; started++) {
        pid_t child = fork();
        if (child == 0)
            exec_idle(argv[0], started);
        children[started] = child;
        if (child < 0) {
            perror("could not start an idle process");
            failed = 1;
        }
    }
    if (!failed) {
        puts("ready");
        fflush(stdout);
        char byte;
        while (read(STDIN_FILENO, &byte, 1) > 0)
            ;
    }
    for (long index = 0; index < started; index++)
        if (children[index] > 0)
            kill(children[index], SIGKILL);
    while (wait(NULL) > 0)
        ;
    return failed;
}
