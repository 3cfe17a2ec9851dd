/* Its first thread ends and leaves a zombie by a kernel thread's name; another goes on. */
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static void *go_on(void *unused) {
  (void)unused;
  for (;;) pause();
  return NULL;
}

int main(void) {
  pthread_t thread;
  if (prctl(PR_SET_NAME, "kworker/0:1") != 0) return 1;
  if (pthread_create(&thread, NULL, go_on, NULL) != 0) return 1;
  puts("ready");
  fflush(stdout);
  pthread_exit(NULL);
}
