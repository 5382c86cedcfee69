"""Counting fsync and fdatasync of a process without slowing it: a library loaded before libc, compiled when it is first needed."""

import contextlib
import mmap
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long *count = MAP_FAILED;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("COUNT_FSYNCS");
  int file = path ? open(path, O_RDWR) : -1;
  if (file < 0) return;
  count = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
}

static int counted(const char *name, int file) {
  if (count != MAP_FAILED) __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return counted("fsync", file); }
int fdatasync(int file) { return counted("fdatasync", file); }
"""


class Counter:
    """The count of one process and its children. `environment` goes to the process."""

    def __init__(self, library: Path | None, path: Path) -> None:
        self._path = path
        self.environment = {} if library is None else {"LD_PRELOAD": str(library), "COUNT_FSYNCS": str(path)}

    @property
    def count(self) -> int | None:
        """None where nothing could be counted: no compiler on this machine."""
        return int.from_bytes(self._path.read_bytes()[:8], "little") if self.environment else None


@contextlib.contextmanager
def counter(folder: Path) -> Iterator[Counter]:
    path = folder / "fsyncs"
    path.write_bytes(bytes(mmap.PAGESIZE))
    yield Counter(_library(), path)
    path.unlink()


@cache
def _library() -> Path | None:
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None or os.name != "posix":
        return None
    folder = Path(mkdtemp(prefix="batchata-fsyncs-"))
    source, library = folder / "fsyncs.c", folder / "fsyncs.so"
    source.write_text(SOURCE, encoding="ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)  # noqa: S603
    return library
