// Breakpad's client as a library that a Python can load: it writes its dump in-process.
// Built by tests/benchmarks/peers/build.py against libbreakpad_client.a.
#include <ctime>
#include <cstdio>
#include <unistd.h>

#include "client/linux/handler/exception_handler.h"

namespace {

long long begun;
int stamps;

long long now() {
  timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

bool on_begin(void*) {
  begun = now();
  return true;
}

bool on_end(const google_breakpad::MinidumpDescriptor&, void*, bool written) {
  char line[96];
  int size = snprintf(line, sizeof line, "%s %lld %lld\n",
                      written ? "done" : "failed", begun, now());
  return write(stamps, line, size) == size && false;
}

}  // namespace

extern "C" int arm(const char* folder, int stamp_fd) {
  stamps = stamp_fd;
  static google_breakpad::ExceptionHandler handler(
      google_breakpad::MinidumpDescriptor(folder), on_begin, on_end, nullptr, true, -1);
  return 0;
}
