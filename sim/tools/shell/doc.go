// Package shell has sh (Debian's dash), bash 5.2, and ash (busybox's sh). They run
//
//	sh [-aefinuxls] [-o OPTION] [-c LINE [NAME [ARG...]] | FILE [ARG...] | -s [ARG...]]
//	bash the same and --login, --noprofile, --norc
//
// scripts of files, of standard input and of a prompt, if standard input is a terminal, and
// files with "#!" or without by their name.
//
// Of POSIX's shell there is: commands with assignments, quotes, and expansions of ~, parameters
// with all operators, $( ), ` `, $(( )), fields by $IFS and names of files by patterns;
// redirections < > >> <> <& >& << <<- of descriptors 0 to 9; | && || ! ; &; { } ( ) if for while
// until case; functions, local and recursion; here-documents; background jobs. bash has arrays,
// [[ ]], (( )), for (( )), declare, ${x/y/z} ${x:1:2} ${x^^} ${!x} ${x@Q}, <<< &> |& $'…' {a,b}
// {1..9}, time, let. What a dialect has not is a syntax error.
//
// Builtins are
//
//	: . [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs
//	kill local printf pwd read readonly return set shift test trap true type umask unalias unset
//	wait, in busybox source and history, in bash builtin, declare, let, shopt and typeset
//
// Not there are coproc, select and process substitution, ulimit, times, complete, and traps of
// DEBUG and ERR. umask is for what redirections make. An alias is a command with arguments.
//
// At a prompt lines can be edited with the arrow keys, ^A ^E ^K ^U ^W ^L and so on, up and down
// go through history, and Tab completes commands, files, variables, and arguments of commands
// for which the table has a command.Completer. PS1 has bash's escapes in bash and busybox.
// bash reads /etc/bash.bashrc, /etc/bashrc and ~/.bashrc, sh $ENV, a login shell /etc/profile and
// those of the home directory. What runs in the foreground is a process group of its own, which
// ^C reaches, and which ^Z stops: fg, bg and SIGCONT let it go on.
//
// A program that is stopped is a Go function that waits at its next read of a stream, write to
// one, or return; a script waits before its next statement. Until then the function goes on:
// what it does on the network meanwhile, such as answering a client, it still does, and its timers run,
// as timers of Linux do. Of a pipeline programs are stopped, and builtins when they write to one.
//
// A command that a shell starts is a process. Subshells are none, but for background jobs.
// When the shell ends its background jobs are hung up: nothing runs on by itself.
//
// Messages and statuses are those of the real shells; words for syntax errors are in part those
// of the parser, mvdan.cc/sh/v3/syntax. Its interpreter is not used: that has pipes of the
// operating system, in which a bubble of virtual time waits for ever, and builtins that use
// the real files.
//
// A script has at most 128 KiB, as an argument on Linux. The expansion of the words of one
// command yields at most 1 MiB, a command substitution too, and variables of a shell have 16
// MiB. There are 1000 calls of functions in each other, 500 subshells and 200 jobs at a time.
package shell
