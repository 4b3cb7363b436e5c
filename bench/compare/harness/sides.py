"""The sides that are compared: how each is built, and how its program is called."""

import os
import re
import shutil
import subprocess
from pathlib import Path

COMPARE = Path(__file__).resolve().parent.parent
ROOT = COMPARE.parent.parent
DEBIAN_CRATES = Path("/usr/share/cargo/registry")


class Missing(Exception):
    """What a side needs is not on this machine: it is left out."""


class Failed(Exception):
    """It is all there, and does not build."""


def command(args, cwd=None, env=None):
    """Runs a command and returns what it printed; Failed, with its last lines, if it fails."""
    done = subprocess.run([str(a) for a in args], cwd=cwd, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-40:])
        raise Failed(f"{tail}\n{' '.join(str(a) for a in args)}: status {done.returncode}")
    return done.stdout


def first_line(args):
    return command(args).splitlines()[0]


class Side:
    title = ""
    procs_variable = "BENCH_PROCS"

    def __init__(self):
        self.program = None  # the path, once it is built
        self.made_with = ""  # the versions that the line under the table names
        self.workloads = set()

    def make(self, directory):
        """Builds the program below `directory`. Missing or Failed."""
        self.build(directory)
        self.workloads = set(command([self.program, "--list"]).split())

    def build(self, directory):
        raise NotImplementedError


class Offset(Side):
    title = "offset"
    procs_variable = "OFFSET_MAXPROCS"

    def build(self, directory):
        if directory == ROOT / "build" / "release":
            configure = ["cmake", "--preset", "release"]
        else:
            configure = ["cmake", "-S", ROOT, "-B", directory]
        command([*configure, "-DOFFSET_BENCH=ON"], cwd=ROOT)
        command(["cmake", "--build", directory, "--target", "offset_bench"])
        self.program = directory / "bench" / "offset_bench"
        cache = dict(re.findall(r"^(\w+):\w+=(.*)$", (directory / "CMakeCache.txt").read_text(), re.M))
        build_type = cache.get("CMAKE_BUILD_TYPE", "")
        flags = cache.get(f"CMAKE_CXX_FLAGS_{build_type.upper()}", "")
        commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                                text=True, capture_output=True).stdout.strip()
        compiler = first_line([cache["CMAKE_CXX_COMPILER"], "--version"])
        self.made_with = (f"offset {commit or 'of no commit'}, {compiler}, "
                          f"{build_type or 'no build type'} ({flags})")


class Go(Side):
    title = "Go"
    procs_variable = "GOMAXPROCS"

    def build(self, directory):
        if not shutil.which("go"):
            raise Missing("there is no go on the PATH (golang-go)")
        env = dict(os.environ, CGO_ENABLED="0", GO111MODULE="off", GOFLAGS="")
        if "HOME" not in env:
            env.setdefault("GOCACHE", str(directory / "go_cache"))
            env.setdefault("GOPATH", str(directory / "go_path"))
        self.program = directory / "go_bench"
        command(["go", "build", "-o", self.program, "."], cwd=COMPARE / "go", env=env)
        self.made_with = command(["go", "version"]).split()[2].replace("go", "Go ", 1)


class Boost(Side):
    title = "Boost.Fiber"

    def build(self, directory):
        compiler = os.environ.get("CXX", "g++")
        if not shutil.which(compiler):
            raise Missing(f"there is no {compiler} on the PATH")
        probe = subprocess.run([compiler, "-xc++", "-E", "-P", "-"], text=True, capture_output=True,
                               input="#include <boost/fiber/all.hpp>\n#include <boost/version.hpp>\n"
                                     "version: BOOST_LIB_VERSION\n")
        if probe.returncode != 0:
            raise Missing("the compiler does not find it (libboost-fiber-dev)")
        self.program = directory / "boost_bench"
        sources = sorted((COMPARE / "boost_fiber").glob("*.cpp"))
        command([compiler, "-std=c++20", "-O2", "-pthread", *sources, "-o", self.program,
                 "-lboost_fiber", "-lboost_context"])
        version = re.search(r'^version: "(.*)"', probe.stdout, re.M)
        self.made_with = "Boost " + (version.group(1).replace("_", ".") if version else "?")


class Tokio(Side):
    title = "tokio"

    def build(self, directory):
        if not shutil.which("cargo") or not shutil.which("rustc"):
            raise Missing("there is no cargo or rustc on the PATH")
        for crate in ("tokio", "flume"):
            if not list(DEBIAN_CRATES.glob(f"{crate}-[0-9]*")):
                raise Missing(f"no {crate} in {DEBIAN_CRATES} (librust-{crate}-dev)")
        # A copy, because cargo writes a lock file beside the manifest; a new one, because another
        # version of cargo may not read the lock file of the last time.
        copy = directory / "tokio"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(COMPARE / "tokio", copy)
        command(["cargo", "build", "--release", "--offline", "--target-dir", directory / "tokio_target"],
                cwd=copy)
        self.program = directory / "tokio_target" / "release" / "tokio_bench"
        tokio = sorted(DEBIAN_CRATES.glob("tokio-[0-9]*"))[-1].name.replace("-", " ")
        flume = sorted(DEBIAN_CRATES.glob("flume-[0-9]*"))[-1].name.replace("-", " ")
        self.made_with = f"{tokio}, {flume}, {' '.join(command(['rustc', '--version']).split()[:2])}"


PEERS = {"go": Go, "boost": Boost, "tokio": Tokio}
