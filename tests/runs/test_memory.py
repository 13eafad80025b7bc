"""The available memory is the minimum over the system and all groups around the process."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.runs.memory import available_memory

GIB = 1 << 30
FILES = {
    "cgroup2": ("memory.max", "memory.current", "inactive_file", "max"),
    # A group without a limit shows the largest possible number of pages.
    "cgroup": (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
        str((1 << 63) - 4096),
    ),
}
MOUNTS = {"cgroup2": "/sys/fs/cgroup", "cgroup": "/sys/fs/cgroup/memory"}
OPTIONS = {"cgroup2": "rw", "cgroup": "rw,memory"}


def write(root, name, text):
    file = root / name.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def write_group(folder, kind, limit=None, used=0, cache=0):
    limit_file, used_file, cached, unlimited = FILES[kind]
    write(folder, limit_file, f"{unlimited if limit is None else limit}\n")
    write(folder, used_file, f"{used}\n")
    write(folder, "memory.stat", f"anon {used - cache}\n{cached} {cache}\n")


def write_system(root, available, *, kind, path, begins_with="/", mounted=None):
    """Write the kernel's files about memory and groups, as on a machine with both versions."""
    write(root, "proc/meminfo", f"MemTotal: 99 kB\nMemAvailable:  {available // 1024} kB\n")
    member = f"0::{path}" if kind == "cgroup2" else f"4:cpu,memory:{path}\n0::/elsewhere"
    write(root, "proc/self/cgroup", f"9:name=systemd:/\n{member}\n")
    mounted = mounted or MOUNTS[kind].replace(" ", "\\040")
    write(
        root,
        "proc/self/mountinfo",
        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu\n"
        f"35 31 0:32 {begins_with} {mounted} rw,relatime shared:1 master:2 - {kind} none "
        f"{OPTIONS[kind]}\n",
    )


groups = st.lists(
    st.tuples(
        st.none() | st.integers(1, 64).map(lambda n: n * GIB),
        st.integers(0, 64 * GIB),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("kind", FILES)
@given(groups=groups, available=st.integers(1, 64), hidden=st.integers(0, 4))
def test_the_tightest_group_decides(kind, groups, available, hidden):
    """The minimum over the groups around the process; a container does not see the outermost."""
    hidden = min(hidden, len(groups) - 1)
    names = [f"a b{depth}" for depth in range(len(groups) - 1)]
    left = [available * GIB]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        begins_with = "/" + "/".join(names[:hidden])
        write_system(
            root,
            available * GIB,
            kind=kind,
            path="/" + "/".join(names),
            begins_with=begins_with.replace(" ", "\\040"),
        )
        for depth, (limit, used, share) in enumerate(groups):
            if depth < hidden:
                continue
            cache = int(used * share)
            within = root / MOUNTS[kind].lstrip("/") / "/".join(names[hidden:depth])
            write_group(within, kind, limit, used, cache)
            if limit is not None:
                left.append(max(0, limit - (used - cache)))
        assert available_memory(root) == max(1, min(left))


def test_a_group_elsewhere_limits_nothing(tmp_path):
    write_system(tmp_path, 8 * GIB, kind="cgroup2", path="/ours")
    write_group(tmp_path / "sys/fs/cgroup/ours", "cgroup2", 5 * GIB, GIB)
    write_group(tmp_path / "sys/fs/cgroup/theirs", "cgroup2", GIB)
    assert available_memory(tmp_path) == 4 * GIB


def test_where_a_group_slows_down_it_ends(tmp_path):
    write_system(tmp_path, 8 * GIB, kind="cgroup2", path="/ours")
    write_group(tmp_path / "sys/fs/cgroup/ours", "cgroup2", 5 * GIB, GIB)
    write(tmp_path, "sys/fs/cgroup/ours/memory.high", f"{3 * GIB}\n")
    assert available_memory(tmp_path) == 2 * GIB


def test_groups_may_be_mounted_anywhere(tmp_path):
    write_system(tmp_path, 8 * GIB, kind="cgroup2", path="/ours", mounted="/mnt/my\\040groups")
    write_group(tmp_path / "mnt/my groups/ours", "cgroup2", GIB)
    assert available_memory(tmp_path) == GIB


def test_a_container_that_sees_its_outer_path_has_its_own_limit(tmp_path):
    write_system(tmp_path, 8 * GIB, kind="cgroup2", path="/outside/container", begins_with="/x")
    write_group(tmp_path / "sys/fs/cgroup", "cgroup2", GIB)
    assert available_memory(tmp_path) == GIB


def test_without_any_file_the_memory_of_the_machine_counts(tmp_path):
    assert available_memory(tmp_path) > GIB / 4


def test_memory_is_found():
    assert 1 << 26 < available_memory() < 1 << 50
