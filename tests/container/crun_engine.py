"""The few commands of Docker that the tests of the image use, run by crun where no Docker engine runs.

    python -m tests.container.crun_engine image inspect NAME
    python -m tests.container.crun_engine run --rm --name NAME [OPTION]... IMAGE [ARGUMENT]...
    python -m tests.container.crun_engine exec NAME PROGRAM [ARGUMENT]...
    python -m tests.container.crun_engine kill --signal SIGNAL NAME

PKB_SANDBOX_TEST_BUNDLE names a folder: `image` has what `buildah push` writes to a folder, `root` is the mounted image.
Names of images are ignored. Needs root. A container has its own processes, mounts, host name and interprocess
communication; it shares the network of the machine, and no limits are set on it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
BUNDLE = Path(os.environ.get("PKB_SANDBOX_TEST_BUNDLE", "."))
# crun refuses machines that mix both versions of control groups: it gets a view of its own, with the second only.
OWN_VIEW = 'umount --recursive --lazy /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec crun "$@"'


def read_manifest(image: Path) -> tuple[Json, Json]:
    """The manifest of the image in a folder, and its configuration."""
    manifest: Json = json.loads((image / "manifest.json").read_text())
    config: Json = json.loads((image / manifest["config"]["digest"].partition(":")[2]).read_text())
    return manifest, config


def image_config() -> Json:
    """What the image says of itself: Env, User, Entrypoint, Cmd, Labels …"""
    _, config = read_manifest(BUNDLE / "image")
    settings: Json = config["config"]
    return settings


def parser() -> argparse.ArgumentParser:
    """The options by Docker's names."""
    parsed = argparse.ArgumentParser(prog="crun_engine")
    commands = parsed.add_subparsers(dest="command", required=True)
    image = commands.add_parser("image")
    image.add_argument("inspect", choices=["inspect"])
    image.add_argument("image")
    run = commands.add_parser("run")
    for flag in ("--rm", "--read-only"):
        run.add_argument(flag, action="store_true", required=True)
    run.add_argument("--network", choices=["host"], required=True)
    run.add_argument("--cap-drop", choices=["ALL"], required=True)
    run.add_argument("--security-opt", choices=["no-new-privileges"], required=True)
    run.add_argument("--name", required=True)
    for flag in ("--env", "--volume", "--tmpfs"):
        run.add_argument(flag, action="append", default=[])
    run.add_argument("image")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    execute = commands.add_parser("exec")
    execute.add_argument("name")
    execute.add_argument("arguments", nargs=argparse.REMAINDER)
    kill = commands.add_parser("kill")
    kill.add_argument("--signal", required=True)
    kill.add_argument("name")
    return parsed


def runtime_config(options: argparse.Namespace, template: Json) -> Json:
    """The runtime configuration of `options`, from the one that `crun spec` writes."""
    image = image_config()
    uid, gid = image["User"].split(":")
    template["root"] = {"path": str((BUNDLE / "root").resolve()), "readonly": True}
    template["process"] |= {
        "terminal": False,
        "user": {"uid": int(uid), "gid": int(gid)},
        "args": [*image["Entrypoint"], *(options.arguments or image["Cmd"])],
        "env": [*image["Env"], *options.env],
        "noNewPrivileges": True,
        "capabilities": {},
    }
    namespaces = template["linux"]["namespaces"]
    template["linux"]["namespaces"] = [row for row in namespaces if row["type"] not in ("network", "cgroup")]
    template["linux"].pop("resources", None)
    template["mounts"] = [row for row in template["mounts"] if row["destination"] != "/sys/fs/cgroup"]
    template["mounts"] += [bind_mount(volume) for volume in options.volume]
    template["mounts"] += [memory_mount(tmpfs) for tmpfs in options.tmpfs]
    return template


def bind_mount(volume: str) -> Json:
    """SOURCE:DESTINATION:ro"""
    source, destination, mode = volume.split(":")
    return {"source": source, "destination": destination, "type": "bind", "options": ["rbind", mode]}


def memory_mount(tmpfs: str) -> Json:
    """DESTINATION:OPTION,OPTION"""
    destination, _, options = tmpfs.partition(":")
    return {"source": "tmpfs", "destination": destination, "type": "tmpfs", "options": options.split(",")}


def crun(*arguments: str) -> list[str]:
    state = ["--root", str(BUNDLE / "state"), "--cgroup-manager", "disabled"]
    return ["unshare", "--mount", "sh", "-c", OWN_VIEW, "crun", *state, *arguments]


def main() -> int:
    options = parser().parse_args()
    if options.command == "image":
        print(json.dumps([{"Config": image_config()}]))
        return 0
    if options.command == "run":
        folder = BUNDLE / "containers" / options.name
        folder.mkdir(parents=True)
        subprocess.run(["crun", "spec"], cwd=folder, check=True)
        file = folder / "config.json"
        file.write_text(json.dumps(runtime_config(options, json.loads(file.read_text()))))
        command = crun("run", "--bundle", str(folder), options.name)
    elif options.command == "exec":
        command = crun("exec", "--no-new-privs", "--user", image_config()["User"], options.name, *options.arguments)
    else:
        command = crun("kill", options.name, options.signal)
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
