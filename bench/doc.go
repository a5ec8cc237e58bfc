// Package bench measures how fast frames and connections are and what containers
// cost, beside peers measured in the same run: the same TCP/IP stacks over
// gVisor's own links, and the kernel. README.md tells how to run it and holds the
// figures of the last run.
package bench
