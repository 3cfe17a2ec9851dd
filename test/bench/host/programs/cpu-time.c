/*
 * cpu-time PROGRAM ARGUMENT...: runs a program, its output to /dev/null, and prints one JSON object: its CPU
 * microseconds (user and system, exec included) by wait4(2), and its exit status.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "cpu-time: name a program\n");
        return 2;
    }
    pid_t child = fork();
    if (child < 0) {
        perror("cpu-time: could not fork");
        return 1;
    }
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0) {
        perror("cpu-time: could not wait");
        return 1;
    }
    long micros = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    printf("{\"cpuMicros\":%ld,\"status\":%d}\n", micros, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
