#!/usr/bin/env python3
"""The compiler compiles the compiler: Go's compile, asm, link and go, built by the tool under test, build a program, and
with --std the standard library; every file of their build cache must equal what official Go's make.

Needs $BURROW_GOROOT, an official Go tree with its bin. Exit code 0 if all is equal."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

TOOLS = ["compile", "asm", "link", "go"]
HELLO = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n'


def run(argv, cwd, env, timeout):
    start = time.monotonic()
    done = subprocess.run(argv, cwd=cwd, env=env, timeout=timeout, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout[-4000:]}")
    return time.monotonic() - start


def outputs(cache):
    """Names and hashes of what a build cache holds. The names are hashes as well, of what the go command took for the contents."""
    found = {}
    for folder, _, names in os.walk(cache):
        for name in names:
            if folder.endswith("-d") or name.endswith("-d"):
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, cache)] = hashlib.sha256(f.read()).hexdigest()
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--tool", required=True, help="the burrow that builds the commands")
    p.add_argument("--std", action="store_true", help="build the standard library, too; takes some minutes")
    p.add_argument("-j", type=int, default=os.cpu_count(), help="how many commands run at once")
    p.add_argument("--timeout", type=float, default=3600)
    p.add_argument("--keep", action="store_true", help="leave the folder, and say where it is")
    args = p.parse_args()
    goroot = os.environ.get("BURROW_GOROOT")
    if not goroot or not os.path.exists(os.path.join(goroot, "bin/go")):
        sys.exit("selfbuild: $BURROW_GOROOT is not an official Go tree; see conformance/corpus.sh")
    tool = os.path.abspath(args.tool)
    work = tempfile.mkdtemp(prefix="selfbuild-")
    own = os.path.join(work, "tools")
    os.makedirs(own)
    base = {k: v for k, v in os.environ.items() if not k.startswith(("GO", "CGO"))}
    base.update(HOME=work, GOROOT=goroot, GOTOOLCHAIN="local", GOENV="off", GOPROXY="off", GOWORK="off", CGO_ENABLED="0")
    for name in TOOLS:
        seconds = run([tool, "build", "-o", os.path.join(own, name), "cmd/" + name], os.path.join(goroot, "src"), base, args.timeout)
        print(f"built {name} in {seconds:.1f} s", flush=True)

    hello = os.path.join(work, "hello")
    os.makedirs(hello)
    with open(os.path.join(hello, "hello.go"), "w") as f:
        f.write(HELLO)
    different = 0
    for what, cwd, argv in [
        ("hello", hello, ["build", "-o", "EXE", "hello.go"]),
        *([("std", goroot, ["build", "std"])] if args.std else []),
    ]:
        results = []
        for who, go, tools in [("official", os.path.join(goroot, "bin/go"), None), ("own", os.path.join(own, "go"), own)]:
            cache = os.path.join(work, f"cache-{who}")
            exe = os.path.join(work, f"exe-{who}")
            env = dict(base, GOCACHE=cache)
            if tools:
                env["GOTOOLDIR"] = tools
            words = [exe if w == "EXE" else w for w in argv]
            seconds = run([go, words[0], f"-p={args.j}", *words[1:]], cwd, env, args.timeout)
            found = outputs(cache)
            if os.path.exists(exe):
                with open(exe, "rb") as f:
                    found["executable"] = hashlib.sha256(f.read()).hexdigest()
            results.append(found)
            print(f"{what}, {who}: {len(found)} files in {seconds:.1f} s", flush=True)
        official, ours = results
        names = sorted(set(official) | set(ours))
        wrong = [n for n in names if official.get(n) != ours.get(n)]
        print(f"{what}: {len(names) - len(wrong)} of {len(names)} files are equal", flush=True)
        for name in wrong[:20]:
            print(f"  {name}: official {official.get(name)}, own {ours.get(name)}")
        different += len(wrong)
        if len(official) < 20:
            sys.exit(f"{what}: official Go made {len(official)} files: is that its cache?")
    if args.keep or different:
        print(f"kept: {work}")
    else:
        shutil.rmtree(work)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
