/*
 * short-lives PER_SECOND MEAN_LIFE_MILLIS SEED: starts that many processes a second, each a program of its own with a
 * command line of its own, that live for a random time of that mean, at most three times as long. Ends them all when its
 * standard input is closed. Whoever starts it and dies, by whatever cause, thereby ends them too.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Never more at once, whatever was asked for. */
#define MOST_ALIVE 500

/* Ends with the one that started it, even if that is killed. */
static void live_for(long millis)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1)
        _exit(1);
    poll(NULL, 0, (int)millis);
    _exit(0);
}

static void exec_life(const char *self, long number, long millis)
{
    char life[32], job[32];
    snprintf(life, sizeof life, "%ld", millis);
    snprintf(job, sizeof job, "--job=%ld", number);
    execl(self, self, "live", life, job, (char *)NULL);
    perror("could not exec a short life");
    _exit(1);
}

/* splitmix64 */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static long long now_millis(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Mostly short, sometimes long: the square of a uniform number has a third for its mean. */
static long life_of(uint64_t seed, long number, long mean)
{
    double uniform = (double)(mix(seed + (uint64_t)number) >> 11) / (double)(1ULL << 53);
    return (long)(3 * (double)mean * uniform * uniform);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "live") == 0)
        live_for(atol(argv[2]));
    if (argc < 4)
        return 2;
    long per_second = atol(argv[1]), mean = atol(argv[2]);
    uint64_t seed = mix((uint64_t)atol(argv[3]));
    long long began = now_millis();
    long started = 0, alive = 0;
    puts("ready");
    fflush(stdout);
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    while (poll(&input, 1, 20) == 0) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            alive--;
        long due = (long)((now_millis() - began) * per_second / 1000);
        for (; started < due; started++) {
            if (alive >= MOST_ALIVE)
                continue;
            pid_t child = fork();
            if (child == 0)
                exec_life(argv[0], started, life_of(seed, started, mean));
            if (child > 0)
                alive++;
        }
    }
    /* The children's death signal ends them with this process. */
    return 0;
}
