# What `make check-power` needs beyond the build; the kernel is downloaded, not installed.
FETCH_check-power := qemu-system-x86 busybox-static e2fsprogs sqlite3 python3
