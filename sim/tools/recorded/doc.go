// Package recorded has sessions that were recorded with Docker Engine 20.10.24, 28.5.2 and 29.7.2,
// and the test that repeats them on an emulated host of the same release, in virtual time: each
// command at its prompt, on the host, in a container or on another machine of the LAN. What it prints
// is compared line by line. EQUAL.md is the table of the lines that are equal.
//
// A recording is testdata/RELEASE/SESSION.txt.gz, as it was made:
//
//	#### text                   a title
//	=================== text    a section begins
//	## text                     a note
//	[root@docker ~]# line       what was typed on the host
//	[root@web /]# line          in the container "web"
//	[root@outside-… ~]# line    on another machine
//	anything else               what it printed, with "(exit status N)" if N is not 0
//
// What the recorded lab did without printing it is in plan_test.go, and what is not compared in
// masks_test.go and skip_test.go, with the reasons.
package recorded
