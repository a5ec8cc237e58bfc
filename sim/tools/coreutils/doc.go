// Package coreutils has the programs of GNU coreutils 9.1:
//
//	cat [-AbEnsT] [FILE...]
//	head, tail [-n N] [-c N] [-q] [-v] [FILE...]; tail also -f and +N
//	sort [-bfnrsuh] [-k KEY] [-t SEP] [FILE...], uniq [-cdui] [-f N] [-s N] [IN [OUT]]
//	wc [-clmwL] [FILE...], cut -b LIST | -c LIST | -f LIST [-d DELIM] [-s], tr [-cds] SET1 [SET2]
//	tac, nl, paste -d, base64 [-d] [-w N], md5sum, sha1sum, sha256sum [FILE...]
//	echo, printf FORMAT [ARG...], seq [-s SEP] [-w] [FIRST [STEP]] LAST, yes, expr, test, [
//	ls [-1aAdFhlrRStU] [FILE...], mkdir [-pv] [-m MODE], rmdir [-p], rm [-dfrRv], cp [-afnrRv],
//	mv [-fnv], touch [-c], mktemp [-d], pwd, basename, dirname, realpath, tee [-a]
//	date [-u] [-d WHEN] [-R] [-I] [+FORMAT], sleep, timeout [-k TIME] [-s SIGNAL] TIME COMMAND
//	chmod [-fRv] MODE FILE..., chown, chgrp [-R] OWNER FILE..., stat [-c FORMAT] [--printf FORMAT] FILE...
//	df [-hk], du [-achs] [FILE...], fold [-bs] [-w N], and rev of util-linux
//	env [-i] [-u NAME] [NAME=VALUE...] [COMMAND], printenv, id [-Gugn], whoami, nproc, hostid, tty
//	uname [-amnoprsv], stty [-a], stty size, stty raw | sane, true, false
//
// All of it is in the locale C, and in UTC. Who runs them is told by id and whoami, and has all
// files: chown to somebody else is not permitted. What reads all of its input before it prints, sort for one, takes up to 64 MiB. There are no links: cp and mv of files
// across directories are what the files of the machine can do.
//
// They are functions over the files of a call. u-root's pkg/core, the closest library, opens
// the real machine's files by package os, as the utilities of mvdan.cc/sh/moreinterp do, which
// are those of u-root.
package coreutils

import (
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Commands returns the commands of the package.
func Commands() command.Table {
	return gnu.WrapAll(command.Table{
		"cat": Cat, "head": Head, "tail": Tail, "sort": Sort, "uniq": Uniq, "wc": WC, "cut": Cut, "tr": TR, "tac": Tac, "nl": NL, "paste": Paste,
		"base64": Base64, "md5sum": digest(newMD5), "sha1sum": digest(newSHA1), "sha256sum": digest(newSHA256),
		"echo": Echo, "printf": Printf, "seq": Seq, "yes": Yes, "expr": Expr, "test": Test, "[": Test,
		"ls": LS, "mkdir": Mkdir, "rmdir": Rmdir, "rm": RM, "cp": CP, "mv": MV, "touch": Touch, "mktemp": Mktemp,
		"pwd": PWD, "basename": Basename, "dirname": Dirname, "realpath": Realpath, "tee": Tee,
		"chmod": Chmod, "chown": Chown, "chgrp": Chown, "stat": Stat, "df": DF, "du": DU, "fold": Fold, "rev": Rev,
		"date": Date, "sleep": Sleep, "timeout": Timeout, "env": Env, "printenv": Printenv, "id": ID, "whoami": Whoami,
		"nproc": NProc, "hostid": HostID, "tty": TTY, "uname": Uname, "stty": Stty, "true": True, "false": False,
	})
}
