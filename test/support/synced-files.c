/*
 * For tests of power loss: preloaded into a process, keeps beside each file what of it had been synced. A sync copies
 * the file to `<path>.synced` after the real call has come back; what was written and never synced is not there. The
 * copy is made under another name and renamed, so that a process killed in the middle leaves the one before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, BLOCK = 65536 };

static void keep(int fd) {
  char link[64], path[PATH_SIZE], copy[PATH_SIZE + 16], kept[PATH_SIZE + 16];
  struct stat state;
  if (fstat(fd, &state) != 0 || !S_ISREG(state.st_mode)) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = '\0';
  if (strstr(path, ".sqlite") == NULL) return;
  snprintf(copy, sizeof copy, "%s.copying", path);
  snprintf(kept, sizeof kept, "%s.synced", path);
  int out = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0) return;
  char block[BLOCK];
  off_t at = 0;
  ssize_t got;
  while ((got = pread(fd, block, sizeof block, at)) > 0) {
    if (write(out, block, (size_t)got) != got) break;
    at += got;
  }
  close(out);
  rename(copy, kept);
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}
