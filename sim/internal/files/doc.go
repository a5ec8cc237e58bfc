// Package files has the files that programs on an emulated machine or in a container see.
//
// A Tree is a file system in layers. At the bottom are read-only ones: what an image has, and
// what every system has. Over them is one in memory that takes what programs write: a file is
// copied into it when it is first opened for writing, and it remembers which files of the
// layers below were removed or renamed. On top are files that somebody else keeps, bound to a
// name as Docker mounts its /etc/hosts, and a Made, a file system of texts that are made when
// they are opened, as /proc is.
//
// Nothing here looks at the real machine. There are no links, symbolic or hard, no owners but
// root, who may read and write all files, and no ways to change times. Memory is
// bounded: see Limits. A file that was removed counts until it is closed.
//
// # Locks
//
// Tree.mu is held while names are looked up and changed, also in the layers below, whose
// methods must not come back to the tree. Of the others, File.mu and quota.mu, one further
// right may be asked for while one further left is held. Texts of a Made, and what tells whether
// a name is bound, are asked for with none of them held.
package files
