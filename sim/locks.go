package sim

// What guards what, and who is taken before whom.
//
// What can take time is held by channels of one element, since in virtual time nothing may
// wait for a mutex while time passes. Nobody who holds one of them asks for another one, but
// for Close, which waits for devices before it takes the life of each container, and who stops or
// starts dockerd, who takes both:
//
//	Host.daemonTurn   stopping and starting dockerd
//	Machine.devices   making and removing the interfaces of networks, and tap0
//	Container.life    a change of state: start, stop, pause, rename, connect
//
// Below them are mutexes, held for a few lines. One further down may be asked for while one
// further up is held, never the other way round:
//
//	executions.mu     which commands of docker exec there are; Execution.mu is asked for with it
//	Host.mu           the lists of networks and containers; who has which address of a
//	                  network (Link.holds, family.pool, Network.removed); Container.linkers
//	Machine.mu        that it is closed; interface indexes
//	Container.linksMu the list of links, and of those that are yet to be found
//	Container.stateMu the run, and what is left of the last one
//	Link.mu           the live part of a link, and that its cable is impaired as was asked for
//	common.mu         the impairment of all cables of a network or LAN, and which those are
//	run.mu            functions and published ports of a run
//	Netns.mu          the namespace that its owner is in
//	Container.treeMu  that the files of a container are made once
//	Host.events       the last events, and who listens; asked for without any of the others
//	watch.mu          who looks at frames, and what there is to look at; namespace.mu is asked
//	                  for with it, and the locks of bridges, cables and stacks
//	watch.faults      the last faults; asked for without any of the others
//	Host.questions    the last questions for names; the same
//	dropLog.mu        what the firewall has dropped since the last line; the tables are asked for with it
//	names.mu, namespace.mu, settings.mu, generator.mu, and the locks of package files
//
// While one of these is held no function of users is called, but for the methods of
// Image.Files, the "where" of Sniff, and OnDrop's with what a cable loses when it is changed. Of other packages only the impairing and cutting of a cable (Link.mu),
// its taps (watch.mu), the setting of a sysctl (settings.mu) and pools of addresses (Host.mu) are,
// which do not call back.
//
// Fields say by +checklocks which mutex of their struct guards them, and gVisor's checklocks
// sees to it; "guarded by" stands where the mutex is another struct's, which it does not follow.
