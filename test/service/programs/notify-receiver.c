/*
 * notify-receiver ADDRESS [hold]: a service manager for tests. Binds a Unix datagram socket to a path, or to an abstract
 * name after "@", says "ready", and then prints each message it gets as one line, with "|" for its newlines, and the pid
 * that the kernel says it is from. With "hold" it reads nothing until it is told so by a line on its standard input, so
 * that the socket fills up. Ends when its standard input is closed.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int descriptor)
{
    char text[8192], control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec piece = { .iov_base = text, .iov_len = sizeof text - 1 };
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t count = recvmsg(descriptor, &message, 0);
    if (count < 0)
        return -1;
    text[count] = '\0';
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = '|';
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    struct ucred sender = { .pid = 0 };
    if (head != NULL && head->cmsg_type == SCM_CREDENTIALS)
        memcpy(&sender, CMSG_DATA(head), sizeof sender);
    printf("%d %s\n", sender.pid, text);
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(argv[1]);
    if (length >= sizeof address.sun_path)
        return 2;
    memcpy(address.sun_path, argv[1], length);
    if (argv[1][0] == '@')
        address.sun_path[0] = '\0';
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        perror("bind");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    char line[64];
    if (argc > 2 && read(STDIN_FILENO, line, sizeof line) <= 0)
        return 0;
    struct pollfd files[] = { { .fd = descriptor, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    while (poll(files, 2, -1) > 0) {
        if (files[0].revents & POLLIN) {
            if (receive(descriptor) != 0)
                return 1;
        } else if (files[1].revents != 0 && read(STDIN_FILENO, line, sizeof line) <= 0) {
            return 0;
        }
    }
    return 1;
}
