# What `make check-vm` needs beyond the build; the kernel is downloaded, not installed.
FETCH_check-vm := qemu-system-x86 busybox-static
